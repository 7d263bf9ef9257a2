//! What the load generator is measured against: nginx as a target that costs next to nothing, and `wrk` as the client
//! that costs least.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

use anyhow::{Context as _, bail};

use crate::{process::cpu_seconds_at_end, tools::Tool, workspace::free_port};

/// The target.
pub(super) const NGINX: Tool = Tool { program: "nginx", package: "nginx-light" };
/// The client.
pub(super) const WRK: Tool = Tool { program: "wrk", package: "wrk" };

/// An nginx that answers everything with its one-pixel GIF. It ends with this value.
pub(super) struct Nginx {
    child: Child,
    url: String,
}

impl Nginx {
    /// Starts one with its files in `folder`.
    pub(super) fn start(folder: &Path) -> anyhow::Result<Self> {
        let port = free_port()?;
        let folder = folder.display();
        let configuration = format!(
            "daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr crit;
             events {{ worker_connections 16384; }}
             http {{
               access_log off; keepalive_requests 1000000000; client_body_temp_path {folder}/body;
               server {{ listen 127.0.0.1:{port}; location / {{ empty_gif; }} }}
             }}"
        );
        let file = format!("{folder}/nginx.conf");
        fs::write(&file, configuration).with_context(|| format!("cannot write {file}"))?;
        let child = Command::new("nginx").args(["-c", &file]).spawn().context("cannot start nginx")?;
        let nginx = Self { child, url: format!("http://127.0.0.1:{port}/matomo.php") };
        for _ in 0..100 {
            if ureq::get(&nginx.url).call().is_ok() {
                return Ok(nginx);
            }
            sleep(Duration::from_millis(50));
        }
        bail!("nginx does not answer {}", nginx.url);
    }

    /// Where it answers.
    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a client did and what it cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    /// Requests or hits that were answered.
    pub(super) answered: u64,
    /// Processor seconds of the client.
    pub(super) cpu_s: f64,
}

impl Cost {
    /// Microseconds of processor time each.
    pub(super) fn each_us(self) -> f64 {
        self.cpu_s * 1e6 / self.answered.max(1) as f64
    }
}

/// Lets wrk send what a hit looks like for some seconds, as fast as it can, on one thread.
pub(super) fn wrk(url: &str, connections: u32, seconds: u64) -> anyhow::Result<Cost> {
    let mut child = Command::new("wrk")
        .args(["-t1", &format!("-c{connections}"), &format!("-d{seconds}s"), &hit_like(url)])
        .args(["-H", "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"])
        .args(["-H", "Accept-Language: de-DE,de;q=0.8,en;q=0.5"])
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start wrk")?;
    let output = child.stdout.take().expect("stdout was asked for as a pipe");
    let text = std::io::read_to_string(output).context("cannot read what wrk says")?;
    let cpu_s = cpu_seconds_at_end(&mut child)?;
    let answered = answered(&text).with_context(|| format!("wrk said something unexpected:\n{text}"))?;
    Ok(Cost { answered, cpu_s })
}

/// A page view of the usual length.
fn hit_like(url: &str) -> String {
    format!(
        "{url}?idsite=1&rec=1&apiv=1&url=https%3A%2F%2Fshop.example%2Fproducts%2Fgarden%2Fchair-12&\
         action_name=Garden%20chair%2012%20-%20Products&_id=0123456789abcdef&cid=0123456789abcdef&\
         urlref=https%3A%2F%2Fshop.example%2Fproducts%2Fgarden&pv_id=a1b2c3&res=1920x1080&lang=de-DE&rand=123456&\
         pf_net=12&pf_srv=130&pf_tfr=20&pf_dm1=210&pf_dm2=310&pf_onl=12&cdt=1767607200"
    )
}

/// The count in wrk's line `  123456 requests in 10.00s, 44.2MB read`.
fn answered(text: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.contains(" requests in "))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::answered;

    #[test]
    fn wrks_count_is_found() {
        let text =
            "Running 10s test\n  1 threads and 50 connections\n  1234567 requests in 10.00s, 44.2MB read\n";
        assert_eq!(answered(text), Some(1_234_567));
        assert_eq!(answered("unable to connect"), None);
    }
}
