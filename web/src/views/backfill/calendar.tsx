/** A month to choose days in, with the mouse or with the keys that every calendar has. */
import { ChevronLeft, ChevronRight } from "lucide";
import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../../ui";
import { addDays, addMonths, type Day, longDay, monthName, monthOf, weekday, weeksOf } from "./days";

const NAMES = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

export function Calendar({
  first,
  last,
  today,
  sent,
  onPick,
}: {
  first: Day | undefined;
  last: Day | undefined;
  today: Day;
  /** Days of which visits are there already. */
  sent: (day: Day) => boolean;
  /** The first day chosen begins a window, the second ends it. */
  onPick: (first: Day, last: Day) => void;
}) {
  const [month, setMonth] = useState(() => monthOf(last ?? today));
  const [cursor, setCursor] = useState<Day>(last ?? today);
  const [anchor, setAnchor] = useState<Day>();
  const grid = useRef<HTMLTableElement>(null);
  const moving = useRef(false);

  // What is typed into the fields beside it is shown here.
  useEffect(() => {
    if (last && !moving.current) {
      setMonth(monthOf(last));
      setCursor(last);
    }
  }, [first, last]);
  useEffect(() => {
    if (moving.current) grid.current?.querySelector<HTMLElement>(`[data-day="${cursor}"]`)?.focus();
    moving.current = false;
  }, [cursor, month]);

  const goTo = (day: Day) => {
    const to = day > today ? today : day;
    moving.current = true;
    setMonth(monthOf(to));
    setCursor(to);
  };
  const turn = (months: number) => {
    const next = addMonths(month, months);
    setMonth(next);
    setCursor(`${next}-01`);
  };
  const pick = (day: Day) => {
    if (anchor === undefined) {
      setAnchor(day);
      onPick(day, day);
    } else {
      setAnchor(undefined);
      onPick(day < anchor ? day : anchor, day < anchor ? anchor : day);
    }
  };
  const press = (event: KeyboardEvent, day: Day) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 }[event.key];
    if (step !== undefined) goTo(addDays(day, step));
    else if (event.key === "Home") goTo(addDays(day, -weekday(day)));
    else if (event.key === "End") goTo(addDays(day, 6 - weekday(day)));
    else if (event.key === "PageUp" || event.key === "PageDown") {
      const months = (event.key === "PageUp" ? -1 : 1) * (event.shiftKey ? 12 : 1);
      const there = addMonths(monthOf(day), months);
      const longest = addDays(`${addMonths(there, 1)}-01`, -1);
      const same = `${there}-${day.slice(8)}`;
      goTo(same > longest ? longest : same);
    } else return;
    event.preventDefault();
  };
  const inMonth = monthOf(cursor) === month;

  return (
    <div class="w-full max-w-80">
      <div class="mb-1 flex items-center">
        <Button small kind="quiet" icon={ChevronLeft} label="Earlier month" onClick={() => turn(-1)} />
        <p class="grow text-center font-semibold" aria-live="polite">
          {monthName(month)}
        </p>
        <Button
          small
          kind="quiet"
          icon={ChevronRight}
          label="Later month"
          disabled={addMonths(month, 1) > monthOf(today)}
          onClick={() => turn(1)}
        />
      </div>
      <table ref={grid} class="figures w-full table-fixed text-center" aria-label={monthName(month)}>
        <thead>
          <tr class="text-[12px] text-faint">
            {NAMES.map((name) => (
              <th key={name} scope="col" abbr={name} class="pb-1 font-medium">
                {name.slice(0, 2)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeksOf(month).map((week, row) => (
            <tr key={row}>
              {week.map((day, column) => {
                if (!day) return <td key={column} />;
                const chosen = first !== undefined && last !== undefined && day >= first && day <= last;
                const there = sent(day);
                const end = day === first || day === last;
                const words = [longDay(day), there && "sent already", day === today && "today"];
                return (
                  <td key={column} class="p-0">
                    <button
                      type="button"
                      data-day={day}
                      disabled={day > today}
                      tabIndex={(inMonth ? day === cursor : day.endsWith("-01")) ? 0 : -1}
                      aria-label={words.filter(Boolean).join(", ")}
                      aria-pressed={chosen}
                      onClick={() => pick(day)}
                      onKeyDown={(event) => press(event, day)}
                      class={`relative h-9 w-full -outline-offset-2! ${
                        end
                          ? "rounded-md bg-accent font-semibold text-on-accent"
                          : chosen
                            ? "bg-accent-soft text-accent"
                            : "rounded-md hover:bg-sunken disabled:text-faint disabled:hover:bg-transparent"
                      } ${day === today && !end ? "font-semibold underline underline-offset-4" : ""}`}
                    >
                      {Number(day.slice(8))}
                      {there && (
                        <span
                          class={`absolute inset-x-0 bottom-1 mx-auto size-1 rounded-full ${end ? "bg-on-accent" : "bg-warn"}`}
                        />
                      )}
                    </button>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      <p class="mt-2 text-[12.5px] text-faint" aria-live="polite">
        {anchor ? "Now choose the last day." : "Choose the first day, then the last."}{" "}
        <span class="whitespace-nowrap">
          <span class="mx-0.5 inline-block size-1.5 rounded-full bg-warn align-middle" aria-hidden="true" />{" "}
          sent already
        </span>
      </p>
    </div>
  );
}
