/** Pages as a tree of hosts and folders. What is closed is not drawn, so thousands of pages cost nothing. */
import { ChevronRight, FileText, Folder, Globe } from "lucide";
import { useState } from "preact/hooks";
import type { PageNode } from "../../api/types";
import { count } from "../../format";
import { Button, Icon } from "../../ui";

/** How many entries of a folder are drawn at once. */
const MOST = 60;

export function Tree({ nodes }: { nodes: readonly PageNode[] }) {
  return <Level nodes={nodes} depth={0} open={nodes.length <= 3} />;
}

function Level({ nodes, depth, open }: { nodes: readonly PageNode[]; depth: number; open: boolean }) {
  const [most, setMost] = useState(MOST);
  return (
    <ul class={depth > 0 ? "ml-2.5 border-l border-line pl-2" : ""}>
      {nodes.slice(0, most).map((node) => (
        <Entry key={node.name} node={node} depth={depth} open={open} />
      ))}
      {nodes.length > most && (
        <li>
          <Button small kind="quiet" onClick={() => setMost(most + 10 * MOST)}>
            {count(nodes.length - most)} more
          </Button>
        </li>
      )}
    </ul>
  );
}

function Entry({ node, depth, open: opened }: { node: PageNode; depth: number; open: boolean }) {
  const [open, setOpen] = useState(opened);
  const inner = node.children.length > 0;
  const icon = depth === 0 ? Globe : inner ? Folder : FileText;
  const name = (
    <>
      <Icon of={icon} size={14} class="text-faint" />
      <span class="min-w-0 truncate font-mono text-[13px]">{depth === 0 ? node.name : `/${node.name}`}</span>
      {(inner || node.pages > 1) && (
        <span class="figures ml-auto pl-2 text-[12.5px] text-faint">
          {count(node.pages)}
          <span class="sr-only"> pages</span>
        </span>
      )}
    </>
  );
  if (!inner) return <li class="flex h-7 items-center gap-1.5 pr-1 pl-6">{name}</li>;
  return (
    <li>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        class="flex h-7 w-full items-center gap-1.5 rounded-md pr-1 text-left -outline-offset-2! hover:bg-sunken"
      >
        <Icon
          of={ChevronRight}
          size={15}
          class={`text-faint transition-transform ${open ? "rotate-90" : ""}`}
        />
        {name}
      </button>
      {open && <Level nodes={node.children} depth={depth + 1} open={false} />}
    </li>
  );
}

/** How many levels of folders there are below the hosts. */
export function depthOf(nodes: readonly PageNode[]): number {
  return nodes.reduce((deepest, node) => Math.max(deepest, 1 + depthOf(node.children)), 0);
}
