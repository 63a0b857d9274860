// Where in a file something stands, in lines and columns as editors count them.

/** Line and column of a character, both from 1; a column counts characters, an emoji as one. */
export function placeOf(text: string, at: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, at)
  const line = before.split('\n').length
  return { line, column: [...before.slice(before.lastIndexOf('\n') + 1)].length + 1 }
}

/** The engine counts bytes of UTF-8; which character that is. */
export function characterOf(text: string, byte: number): number {
  return Buffer.from(text, 'utf8').subarray(0, byte).toString('utf8').length
}
