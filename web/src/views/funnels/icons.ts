/** One pictogram for each thing that can happen in a visit. */
import {
  ArrowUpRight,
  CircleDot,
  CreditCard,
  Download,
  FileText,
  MousePointerClick,
  Search,
  ShoppingCart,
  Timer,
} from "lucide";
import type { IconNode } from "../../ui";

const ICONS: Record<string, IconNode> = {
  pageview: FileText,
  event: MousePointerClick,
  site_search: Search,
  outlink: ArrowUpRight,
  download: Download,
  ecommerce: CreditCard,
  cart: ShoppingCart,
  ping: Timer,
};

export const iconOf = (type: string): IconNode => ICONS[type] ?? CircleDot;
