/** The mark: a small crowd. */
export function Logo({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" class="shrink-0">
      <rect width="32" height="32" rx="8" class="fill-accent" />
      <g class="fill-on-accent">
        <circle cx="9" cy="20" r="3" />
        <circle cx="16" cy="12" r="3" />
        <circle cx="23" cy="20" r="3" />
      </g>
      <g class="fill-on-accent" opacity=".55">
        <circle cx="9" cy="9" r="2" />
        <circle cx="23" cy="9" r="2" />
        <circle cx="16" cy="24" r="2" />
      </g>
    </svg>
  );
}
