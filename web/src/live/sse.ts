/** One message of an event stream. */
export interface StreamMessage {
  event: string;
  data: string;
}

/**
 * Splits an event stream into messages as its text comes in, however it is cut.
 *
 * Ids and retry times are not read: nothing is repeated after a break, pages ask again instead.
 */
export class StreamReader {
  private rest = "";
  private event = "";
  private data: string[] = [];

  /** Takes the next piece, and returns the messages that it ends. */
  push(piece: string): StreamMessage[] {
    const messages: StreamMessage[] = [];
    let text = this.rest + piece;
    // A line feed may follow in the next piece: it belongs to the carriage return.
    const held = text.endsWith("\r");
    if (held) text = text.slice(0, -1);
    const lines = text.split(/\r\n|\n|\r/);
    this.rest = (lines.pop() ?? "") + (held ? "\r" : "");
    for (const line of lines) {
      const message = this.take(line);
      if (message !== undefined) messages.push(message);
    }
    return messages;
  }

  private take(line: string): StreamMessage | undefined {
    if (line === "") return this.end();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.event = value;
    else if (field === "data") this.data.push(value);
    return undefined;
  }

  private end(): StreamMessage | undefined {
    const message =
      this.data.length > 0 || this.event !== ""
        ? { event: this.event || "message", data: this.data.join("\n") }
        : undefined;
    this.event = "";
    this.data = [];
    return message;
  }
}
