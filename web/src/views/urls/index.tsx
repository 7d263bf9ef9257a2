/** URLs: the pages that visitors view, as a text to edit and as the tree that it stands for. */
import { Network } from "lucide";
import { api } from "../../api/client";
import type { UrlCheck, Urls } from "../../api/types";
import { count } from "../../format";
import { Card, Empty } from "../../ui";
import { Desk } from "../content/desk";
import { depthOf, Tree } from "./tree";

export default function UrlsView() {
  return (
    <Desk<Urls, UrlCheck>
      title="URLs"
      about="The pages that visitors view. The load generator uses what is saved here from its next start on."
      things="pages"
      file="urls"
      ending="txt"
      load={(signal) => api("GET /api/urls", { signal })}
      check={(content, signal) => api("POST /api/urls/validate", { body: { content }, signal })}
      save={(content) => api("POST /api/urls", { body: { content } })}
      reset={() => api("DELETE /api/urls")}
      good={({ total }) => `Nothing is wrong: ${count(total)} ${total === 1 ? "page" : "pages"}.`}
      preview={(verdict) => <Preview verdict={verdict} />}
      help={
        <>
          One URL a line, then white space and the page's title if you like. Lines that begin with{" "}
          <code class="font-mono">#</code> are comments. The first pages are the most popular ones.
        </>
      }
    />
  );
}

function Preview({ verdict }: { verdict: UrlCheck | undefined }) {
  if (!verdict) {
    return (
      <Card title="Structure">
        <Empty icon={Network} title="No tree to show">
          It appears when every line of the text is right.
        </Empty>
      </Card>
    );
  }
  const levels = depthOf(verdict.structure) - 1;
  return (
    <Card
      title="Structure"
      about={`${count(verdict.total)} pages, ${verdict.structure.length === 1 ? "one host" : `${verdict.structure.length} hosts`}, ${levels} ${levels === 1 ? "level" : "levels"}`}
    >
      <div class="max-h-[46rem] overflow-y-auto">
        <Tree nodes={verdict.structure} />
      </div>
    </Card>
  );
}
