import { PageHead } from "../../ui";

export default function Presets() {
  return <PageHead title="Presets" />;
}
