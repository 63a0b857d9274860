// A stage of a pipe that gathers what passes.

/** Batches of at most so many items and bytes; an item that is larger is a batch of its own. */
export const batches = <T>(
  most: { readonly items: number; readonly bytes: number },
  sizeOf: (item: T) => number,
) =>
  async function* (source: AsyncIterable<T>): AsyncGenerator<T[], void> {
    let batch: T[] = []
    let bytes = 0
    for await (const item of source) {
      const size = sizeOf(item)
      if (batch.length > 0 && (batch.length >= most.items || bytes + size > most.bytes)) {
        yield batch
        batch = []
        bytes = 0
      }
      batch.push(item)
      bytes += size
    }
    if (batch.length > 0) yield batch
  }
