/** The most ids that the api takes at once. */
const MOST = 100;

/**
 * Gathers what is asked for one by one within the same turn, and asks for it together: the rows of a
 * grid each know only themselves.
 */
export class Gatherer<T> {
  private readonly load: (ids: string[]) => Promise<Map<string, T>>;
  private waiting: Set<string> | undefined;
  private answer: Promise<Map<string, T>> | undefined;

  constructor(load: (ids: string[]) => Promise<Map<string, T>>) {
    this.load = load;
  }

  /** What belongs to `id`, if there is something. */
  async find(id: string): Promise<T | undefined> {
    if (this.waiting === undefined || this.answer === undefined || this.waiting.size >= MOST) {
      const ids = new Set<string>();
      this.waiting = ids;
      this.answer = nextTurn().then(() => {
        if (this.waiting === ids) this.waiting = undefined;
        return this.load([...ids]);
      });
    }
    this.waiting.add(id);
    return (await this.answer).get(id);
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
