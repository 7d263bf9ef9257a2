import { PageHead } from "../../ui";

export default function Status() {
  return <PageHead title="Status" />;
}
