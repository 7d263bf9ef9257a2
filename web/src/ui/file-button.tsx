import { Upload } from "lucide";
import { useRef } from "preact/hooks";
import { Button, type ButtonProps } from "./button";

interface FileButtonProps extends Omit<ButtonProps, "icon" | "onClick" | "accept"> {
  /** Endings and kinds that are offered. */
  accept: string;
  /** What the file is, for those who do not see the button. */
  file: string;
  /** It was chosen; the same file may be chosen again. */
  onFile: (file: File) => void;
}

/** A button that asks for a file. */
export function FileButton({ accept, file, onFile, ...button }: FileButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        accept={accept}
        aria-label={file}
        class="hidden"
        onChange={(event) => {
          const [chosen] = event.currentTarget.files ?? [];
          if (chosen) onFile(chosen);
          event.currentTarget.value = "";
        }}
      />
      <Button {...button} icon={Upload} onClick={() => input.current?.click()} />
    </>
  );
}
