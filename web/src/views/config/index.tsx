import { PageHead } from "../../ui";

export default function Config() {
  return <PageHead title="Config" />;
}
