/** The tables of a proof. */
import type { ProofLine, ProofMissing, ProofTable } from "../../api/types";
import { count } from "../../format";
import { Table } from "../../ui";
import { amount, causeName, expected, missing, signed, tableName } from "./proofs";

const plural = (n: number, one: string, many: string): string => `${count(n)} ${n === 1 ? one : many}`;

export function Missing({ missing: all }: { missing: ProofMissing[] }) {
  return (
    <Table
      caption="Hits that were acknowledged and are not in the reports"
      rows={all}
      keyOf={({ day, kind }) => day + kind}
      columns={[
        { title: "Day", cell: ({ day }) => <span class="figures whitespace-nowrap">{day}</span> },
        { title: "Missing", cell: (of) => <span class="whitespace-nowrap">{missing(of)}</span> },
        {
          title: "Where",
          cell: ({ labels }) => (
            <ul class="[overflow-wrap:anywhere]">
              {labels.map(({ label, count: n }) => (
                <li key={label}>
                  {label} <span class="figures text-faint">{count(n)}</span>
                </li>
              ))}
            </ul>
          ),
        },
      ]}
    />
  );
}

export function Lines({ lines, leftOut }: { lines: ProofLine[]; leftOut: number }) {
  return (
    <>
      <Table
        caption="Figures that are not exact, the unexplained first"
        rows={lines}
        keyOf={({ day, table, label, figure }) => [day, table, label, figure].join("\n")}
        columns={[
          { title: "Day", cell: ({ day }) => <span class="figures whitespace-nowrap">{day}</span> },
          {
            title: "Report",
            cell: ({ table, label, figure }) => (
              <span class="block min-w-40 [overflow-wrap:anywhere]">
                {tableName(table)}: {figure.replaceAll("_", " ")}
                {label && <span class="block text-[13px] text-faint">{label}</span>}
              </span>
            ),
          },
          { title: "Expected", figures: true, cell: expected },
          { title: "Recorded", figures: true, cell: (line) => amount(line.recorded, line) },
          { title: "Difference", figures: true, cell: (line) => signed(line.difference, line) },
          {
            title: "Explained by",
            cell: (line) => (
              <span class="block min-w-36">
                {line.explained.map(({ cause, amount: most }) => (
                  <span key={cause} class="block text-[13px]">
                    {causeName(cause)} ({amount(most, line)})
                  </span>
                ))}
                {line.unexplained !== 0 && (
                  <span class="block text-[13px] font-medium text-bad">
                    {amount(Math.abs(line.unexplained), line)} by nothing
                  </span>
                )}
              </span>
            ),
          },
        ]}
      />
      {leftOut > 0 && (
        <p class="px-4 py-2 text-[13px] text-faint">
          {plural(leftOut, "more is", "more are")} in the proof as Markdown and in the download.
        </p>
      )}
    </>
  );
}

export function Tables({ tables }: { tables: ProofTable[] }) {
  return (
    <Table
      caption="Figures of each report"
      rows={tables}
      keyOf={({ table }) => table}
      columns={[
        { title: "Report", cell: ({ table }) => tableName(table) },
        { title: "Compared", figures: true, cell: ({ lines }) => count(lines) },
        { title: "Exact", figures: true, cell: ({ exact }) => count(exact) },
        { title: "Possible", figures: true, cell: ({ possible }) => count(possible) },
        { title: "Explained", figures: true, cell: ({ explained }) => count(explained) },
        {
          title: "Unexplained",
          figures: true,
          cell: ({ unexplained }) => (
            <span class={unexplained > 0 ? "font-semibold text-bad" : ""}>{count(unexplained)}</span>
          ),
        },
      ]}
    />
  );
}
