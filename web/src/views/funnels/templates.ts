/** Funnels to begin with: a purchase, a lead, somebody who reads. Their pages lie on the host that visitors visit. */
import { Newspaper, ShoppingCart, UserPlus } from "lucide";
import type { NewFunnel, Step } from "../../api/types";
import type { IconNode } from "../../ui";

export interface Template {
  id: string;
  title: string;
  about: string;
  icon: IconNode;
  make: (origin: string) => NewFunnel;
}

const pause = (min: number, max: number) => ({ delay_seconds_min: min, delay_seconds_max: max });
const page = (url: string, title: string, min: number, max: number): Step => ({
  type: "pageview",
  url,
  title,
  ...pause(min, max),
});

export const TEMPLATES: readonly Template[] = [
  {
    id: "purchase",
    title: "Purchase",
    about: "From a product over the cart to a paid order.",
    icon: ShoppingCart,
    make: (origin) => ({
      name: "Purchase",
      description: "A visitor finds a product and buys it.",
      probability: 0.05,
      priority: 1,
      enabled: true,
      exit_after_completion: true,
      steps: [
        page(`${origin}/products/headphones`, "Headphones", 10, 60),
        {
          type: "event",
          event_category: "Product",
          event_action: "Click",
          event_name: "Add to cart",
          event_value: 199,
          ...pause(2, 8),
        },
        page(`${origin}/cart`, "Your cart", 5, 40),
        page(`${origin}/checkout`, "Checkout", 30, 120),
        page(`${origin}/checkout/thank-you`, "Thank you", 0, 1),
        {
          type: "ecommerce",
          ecommerce_revenue: 225.49,
          ecommerce_subtotal: 199,
          ecommerce_tax: 20.5,
          ecommerce_shipping: 5.99,
          ecommerce_currency: "USD",
          ecommerce_items: [
            { sku: "AUD-03", name: "Headphones", category: "Audio", price: 199, quantity: 1 },
          ],
          ...pause(3, 15),
        },
      ],
    }),
  },
  {
    id: "lead",
    title: "Lead",
    about: "From an offer over a price list to the contact form.",
    icon: UserPlus,
    make: (origin) => ({
      name: "Lead",
      description: "A visitor compares offers and asks to be called.",
      probability: 0.04,
      priority: 2,
      enabled: true,
      exit_after_completion: true,
      steps: [
        page(`${origin}/services/consulting`, "Consulting", 20, 90),
        { type: "download", target_url: "/downloads/price-list.pdf", ...pause(5, 30) },
        page(`${origin}/contact`, "Contact", 20, 120),
        {
          type: "event",
          event_category: "Form",
          event_action: "Submit",
          event_name: "Contact form",
          event_value: 20,
          ...pause(1, 5),
        },
      ],
    }),
  },
  {
    id: "content",
    title: "Content",
    about: "Searches, reads, follows a link, and goes on browsing.",
    icon: Newspaper,
    make: (origin) => ({
      name: "Content",
      description: "A visitor searches for something, reads about it, and goes on.",
      probability: 0.08,
      priority: 3,
      enabled: true,
      exit_after_completion: false,
      steps: [
        page(`${origin}/blog`, "Blog", 10, 60),
        {
          type: "site_search",
          search_keyword: "getting started",
          search_category: "Blog",
          search_results: 10,
          ...pause(2, 10),
        },
        page(`${origin}/blog/getting-started`, "Getting started", 30, 180),
        { type: "outlink", target_url: "https://en.wikipedia.org/wiki/Web_analytics", ...pause(10, 60) },
      ],
    }),
  },
];

/** One empty page view: the least that a funnel is. */
export const blank = (origin: string): NewFunnel => ({
  name: "",
  description: "",
  probability: 0.05,
  priority: 0,
  enabled: true,
  exit_after_completion: true,
  steps: [{ type: "pageview", url: `${origin}/` }],
});
