// Reads many rows page by page: asked for one by one they take several times as long.

/** Rows of a page: large enough to be fast, small enough not to hold up the event loop for long. */
const PAGE = 4_096

interface Rows<Row> {
  nextv(size: number): Promise<Row[]>
  close(): Promise<void>
}

/** Pages of `size` rows, the last one shorter. Closes the iterator when the loop over the pages ends, in whatever way. */
export async function* pages<Row>(rows: Rows<Row>, size = PAGE): AsyncGenerator<Row[], void> {
  try {
    for (let page = await rows.nextv(size); page.length > 0; page = await rows.nextv(size)) yield page
  } finally {
    await rows.close()
  }
}
