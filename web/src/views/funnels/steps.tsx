/** The steps of a funnel: moved by drag or by keyboard, each with the fields of its type. */
import { ArrowDown, ArrowUp, Copy, GripVertical, Trash2 } from "lucide";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Step, StepType } from "../../api/types";
import { Button, Field, Icon, Input, Select, TextArea, toast } from "../../ui";
import { iconOf } from "./icons";
import { type DraftStep, type FieldSpec, nextKey, STEP_TYPES, STEPS } from "./shape";

interface StepsProps {
  steps: readonly DraftStep[];
  faults: readonly Record<string, string>[];
  onChange: (steps: DraftStep[]) => void;
  onMove: (from: number, to: number) => void;
}

export function Steps({ steps, faults, onChange, onMove }: StepsProps) {
  const list = useRef<HTMLOListElement>(null);
  const [said, setSaid] = useState("");
  const [dragged, setDragged] = useState<number>();
  const focus = useRef<{ key: number; part: string } | undefined>(undefined);
  const order = useRef(steps);
  order.current = steps;

  // Moving takes the focus along; it is set when the list has been drawn anew.
  useEffect(() => {
    const wanted = focus.current;
    if (!wanted) return;
    focus.current = undefined;
    list.current
      ?.querySelector<HTMLElement>(`[data-step="${wanted.key}"] [data-part="${wanted.part}"]`)
      ?.focus();
  });

  const move = (key: number, to: number, part: string) => {
    const from = order.current.findIndex((step) => step.key === key);
    if (from < 0 || to < 0 || to >= order.current.length || to === from) return;
    focus.current = { key, part };
    onMove(from, to);
    setSaid(`Step moved to position ${to + 1} of ${order.current.length}`);
  };

  const drag = (event: PointerEvent, key: number) => {
    if (event.button !== 0) return;
    event.preventDefault();
    const handle = event.currentTarget as HTMLElement;
    handle.focus();
    handle.setPointerCapture(event.pointerId);
    const began = order.current.findIndex((step) => step.key === key);
    setDragged(key);
    const follow = (at: PointerEvent) => {
      const here = order.current.findIndex((step) => step.key === key);
      const rows = [...(list.current?.children ?? [])].map((row) => row.getBoundingClientRect());
      const up = rows[here - 1];
      const down = rows[here + 1];
      // A neighbour is passed at its middle: then the two change places, and neither jumps back.
      if (up && at.clientY < up.top + up.height / 2) move(key, here - 1, "handle");
      else if (down && at.clientY > down.top + down.height / 2) move(key, here + 1, "handle");
    };
    const end = () => {
      handle.removeEventListener("pointermove", follow);
      handle.removeEventListener("pointerup", end);
      handle.removeEventListener("pointercancel", end);
      removeEventListener("keydown", cancel, true);
      setDragged(undefined);
    };
    const cancel = (key_: KeyboardEvent) => {
      if (key_.key !== "Escape") return;
      key_.preventDefault();
      move(key, began, "handle");
      end();
    };
    handle.addEventListener("pointermove", follow);
    handle.addEventListener("pointerup", end);
    handle.addEventListener("pointercancel", end);
    addEventListener("keydown", cancel, true);
  };

  const change = (key: number, next: Partial<DraftStep>) =>
    onChange(steps.map((step) => (step.key === key ? { ...step, ...next } : step)));
  const remove = (at: number) => {
    const before = [...steps];
    onChange(steps.filter((_, index) => index !== at));
    const neighbour = steps[at + 1] ?? steps[at - 1];
    if (neighbour) focus.current = { key: neighbour.key, part: "remove" };
    toast(`Step ${at + 1} was removed`, "neutral", () => onChange(before));
  };
  const duplicate = (at: number, step: DraftStep) => {
    const copy = { ...step, key: nextKey(), values: { ...step.values } };
    onChange([...steps.slice(0, at + 1), copy, ...steps.slice(at + 1)]);
    focus.current = { key: copy.key, part: "handle" };
  };

  return (
    <>
      <p class="sr-only" role="status">
        {said}
      </p>
      <ol ref={list} class="flex flex-col gap-3">
        {steps.map((step, at) => (
          <li
            key={step.key}
            data-step={step.key}
            class={`min-w-0 rounded-lg border bg-surface ${dragged === step.key ? "border-accent shadow-float" : "border-line"}`}
          >
            <div class="flex flex-wrap items-center gap-1.5 border-b border-line bg-sunken/60 px-2 py-1.5">
              <button
                type="button"
                data-part="handle"
                aria-label={`Move step ${at + 1} of ${steps.length}, ${STEPS[step.type].label}: press the arrow keys`}
                title="Drag, or press the arrow keys"
                class="grid size-7.5 cursor-grab touch-none place-items-center rounded-md text-faint hover:bg-sunken hover:text-ink active:cursor-grabbing"
                onPointerDown={(event) => drag(event, step.key)}
                onKeyDown={(event) => {
                  const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: steps.length - 1 }[
                    event.key
                  ];
                  if (to === undefined) return;
                  event.preventDefault();
                  move(step.key, to, "handle");
                }}
              >
                <Icon of={GripVertical} />
              </button>
              <span class="figures text-[13px] font-semibold text-soft">{at + 1}</span>
              <Icon of={iconOf(step.type)} size={15} class="ml-1 text-accent" />
              <Select
                aria-label={`What happens in step ${at + 1}`}
                class="h-7.5! w-auto! text-[13px]"
                value={step.type}
                options={STEP_TYPES.map((type) => [type, STEPS[type].label] as const)}
                onPick={(type) => change(step.key, { type: type as StepType })}
              />
              <span class="ml-auto flex items-center gap-0.5">
                <Button
                  small
                  kind="quiet"
                  icon={ArrowUp}
                  data-part="up"
                  label={`Move step ${at + 1} up`}
                  disabled={at === 0}
                  onClick={() => move(step.key, at - 1, "up")}
                />
                <Button
                  small
                  kind="quiet"
                  icon={ArrowDown}
                  data-part="down"
                  label={`Move step ${at + 1} down`}
                  disabled={at === steps.length - 1}
                  onClick={() => move(step.key, at + 1, "down")}
                />
                <Button
                  small
                  kind="quiet"
                  icon={Copy}
                  label={`Duplicate step ${at + 1}`}
                  onClick={() => duplicate(at, step)}
                />
                <Button
                  small
                  kind="quiet"
                  icon={Trash2}
                  data-part="remove"
                  label={`Remove step ${at + 1}`}
                  disabled={steps.length === 1}
                  onClick={() => remove(at)}
                />
              </span>
            </div>
            <StepFields
              step={step}
              faults={faults[at] ?? {}}
              onChange={(values) => change(step.key, { values: { ...step.values, ...values } })}
            />
          </li>
        ))}
      </ol>
    </>
  );
}

function StepFields({
  step,
  faults,
  onChange,
}: {
  step: DraftStep;
  faults: Record<string, string>;
  onChange: (values: DraftStep["values"]) => void;
}) {
  const input = (spec: FieldSpec) => (
    <Field
      key={spec.name}
      label={spec.label}
      required={spec.required ?? false}
      help={spec.help}
      error={faults[spec.name]}
      class={
        spec.wide ? "col-span-full" : spec.kind === "number" ? "col-span-3" : "col-span-full sm:col-span-3"
      }
    >
      {(wired) => {
        const given = {
          value: step.values[spec.name] ?? "",
          onText: (text: string) => onChange({ [spec.name]: text }),
        };
        return spec.kind === "items" ? (
          <TextArea {...wired} {...given} rows={4} class="font-mono text-[13px]" />
        ) : (
          <Input
            {...wired}
            {...given}
            inputMode={spec.kind === "number" ? "decimal" : spec.kind === "url" ? "url" : "text"}
            class={spec.kind === "url" ? "font-mono text-[13px]" : ""}
            {...(spec.placeholder ? { placeholder: spec.placeholder } : {})}
          />
        );
      }}
    </Field>
  );
  const delay = (name: keyof Step, label: string) => (
    <Field label={label} hint="seconds" error={faults[name]} class="col-span-3">
      {(wired) => (
        <Input
          {...wired}
          inputMode="decimal"
          placeholder="0"
          value={step.values[name] ?? ""}
          onText={(text) => onChange({ [name]: text })}
        />
      )}
    </Field>
  );
  return (
    <div class="grid grid-cols-6 gap-3 p-3">
      {faults[""] && (
        <p role="alert" class="col-span-full text-[13px] text-bad">
          {faults[""]}
        </p>
      )}
      {faults.type && <p class="col-span-full text-[13px] text-bad">{faults.type}</p>}
      {STEPS[step.type].fields.map(input)}
      {delay("delay_seconds_min", "Pause, at least")}
      {delay("delay_seconds_max", "Pause, at most")}
    </div>
  );
}
