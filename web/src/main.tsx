/** The page begins here. */
import "@preact/signals";
import { render } from "preact";
import { App } from "./app";
import "./styles.css";

const place = document.getElementById("app");
if (place) render(<App />, place);
