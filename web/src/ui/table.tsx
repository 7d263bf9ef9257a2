import type { ComponentChildren } from "preact";

export interface Column<Row> {
  title: string;
  cell: (row: Row) => ComponentChildren;
  /** Figures stand at the right, in digits of one width. */
  figures?: boolean;
}

/** A table that scrolls in itself where it is too wide for the screen. */
export function Table<Row>({
  caption,
  columns,
  rows,
  keyOf,
}: {
  /** What the table shows; read out, not seen. */
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string | number;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be scrollable by keyboard
    <section aria-label={caption} tabIndex={0} class="overflow-x-auto">
      <table class="w-full text-left">
        <caption class="sr-only">{caption}</caption>
        <thead>
          <tr class="border-b border-line text-[12.5px] text-faint">
            {columns.map(({ title, figures }) => (
              <th
                key={title}
                scope="col"
                class={`px-4 py-2 font-medium whitespace-nowrap ${figures ? "text-right" : ""}`}
              >
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} class="border-b border-line last:border-0">
              {columns.map(({ title, cell, figures }) => (
                <td key={title} class={`px-4 py-2 ${figures ? "figures text-right whitespace-nowrap" : ""}`}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
