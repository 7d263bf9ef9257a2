/** Runs: those that were written down, one by itself, two side by side. */
import { Comparison } from "./compare";
import { List } from "./list";
import { One } from "./one";

export default function RunsView({ rest }: { rest: string }) {
  const [first = "", a = "", b = ""] = rest.split("/").map(decodeURIComponent);
  if (first === "") return <List />;
  if (first === "compare" && a && b) return <Comparison key={rest} a={a} b={b} />;
  return <One key={first} id={first} />;
}
