//! What stays with a visitor for all of their visits: browser, language, country, address.

use std::net::Ipv4Addr;

use crate::{
    Content,
    content::{Country, Device},
    random::{Alias, Stream},
};

/// A visitor's own attributes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Person {
    pub(super) agent: u32,
    pub(super) device: Device,
    pub(super) language: u32,
    pub(super) country: Option<u32>,
    pub(super) address: Option<Ipv4Addr>,
}

/// Draws persons.
#[derive(Debug, Clone)]
pub(super) struct People {
    agents: Alias,
    devices: Vec<Device>,
    countries: Alias,
    /// By country.
    homes: Vec<Home>,
    /// Languages, for content without countries.
    languages: u32,
    /// Country and address are sent.
    placed: bool,
}

#[derive(Debug, Clone)]
struct Home {
    languages: Alias,
    language: Vec<u32>,
    blocks: Alias,
    block: Vec<(Ipv4Addr, u8)>,
}

impl People {
    pub(super) fn new(content: &Content, placed: bool) -> Self {
        Self {
            agents: Alias::new(content.agents.iter().map(|agent| agent.weight)),
            devices: content.agents.iter().map(|agent| agent.device).collect(),
            countries: Alias::new(content.countries.iter().map(|country| country.weight)),
            homes: content.countries.iter().map(Home::new).collect(),
            languages: content.languages.len() as u32,
            placed,
        }
    }

    /// The share of each device among the agents: desktop, mobile, tablet.
    pub(super) fn device_shares(content: &Content) -> [f64; 3] {
        let mut shares = [0.0; 3];
        for agent in &content.agents {
            shares[agent.device as usize] += agent.weight;
        }
        let sum: f64 = shares.iter().sum();
        if sum > 0.0 { shares.map(|share| share / sum) } else { [1.0, 0.0, 0.0] }
    }

    /// The person whose stream this is.
    pub(super) fn draw(&self, stream: &mut Stream) -> Person {
        let agent = self.agents.try_pick(stream).unwrap_or(0);
        let device = self.devices.get(agent as usize).copied().unwrap_or(Device::Desktop);
        let Some(country) = self.countries.try_pick(stream) else {
            let language = if self.languages == 0 { 0 } else { stream.below(self.languages) };
            return Person { agent, device, language, country: None, address: None };
        };
        let home = &self.homes[country as usize];
        let language = home.languages.try_pick(stream).map_or(0, |at| home.language[at as usize]);
        if !self.placed {
            return Person { agent, device, language, country: None, address: None };
        }
        Person { agent, device, language, country: Some(country), address: home.address(stream) }
    }
}

impl Home {
    fn new(country: &Country) -> Self {
        Self {
            languages: Alias::new(country.languages.iter().map(|&(_, weight)| weight)),
            language: country.languages.iter().map(|&(language, _)| language).collect(),
            // A block is as likely as it is large, so every address of a country is alike.
            blocks: Alias::new(country.blocks.iter().map(|&(_, prefix)| f64::from(32 - prefix).exp2())),
            block: country.blocks.clone(),
        }
    }

    fn address(&self, stream: &mut Stream) -> Option<Ipv4Addr> {
        let (first, prefix) = self.block[self.blocks.try_pick(stream)? as usize];
        let size = 1_u64 << (32 - prefix);
        // Neither the network's own address nor its broadcast one, where there are others.
        let host = if size > 2 { stream.between(1, (size - 2) as u32) } else { 0 };
        Some(Ipv4Addr::from_bits(first.to_bits() | host))
    }
}
