/** The page's own small set of components. */
export { Badge, type Tone } from "./badge";
export { Button } from "./button";
export { Card } from "./card";
export { confirm } from "./confirm";
export { Dialog } from "./dialog";
export { AREA, Check, Field, INPUT, Input, Select, Switch, TextArea, type Wired } from "./field";
export { FileButton } from "./file-button";
export { Icon, type IconNode } from "./icon";
export { Notice } from "./notice";
export { Key, PageHead } from "./page";
export { Empty, Failed, Loading } from "./states";
export { type Column, Table } from "./table";
export { Segments, Tabs } from "./tabs";
export { Tile, Tiles } from "./tile";
export { toast, toastError } from "./toast";
export { type Loaded, type Polled, useAction, useLoad, usePolled } from "./use";
