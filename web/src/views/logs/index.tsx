import { PageHead } from "../../ui";

export default function Logs() {
  return <PageHead title="Logs" />;
}
