// Rows of a CSV file as they come, within bounds.

/** Longer than any line of an export; the rest of a longer line is not read. */
export const LONGEST = 4 * 1024 * 1024
export const TOO_LONG = 'is longer than 4 MiB, which no line of an export is: the rest was not looked at'
/** Likewise: a row has a dozen. */
const FIELDS_MOST = 64
const TOO_MANY = `has more than ${FIELDS_MOST} fields: the rest was not looked at`

/** RFC 4180: fields in quotes may hold commas, line ends and doubled quotes. `line`: where the row begins, from 1; `next`: where what follows does. */
export async function* csvRows(
  text: AsyncIterable<string>,
): AsyncGenerator<{ line: number; next: number; fields: string[]; whole: boolean; problem?: string }, void> {
  let fields: string[] = []
  let field = ''
  let inQuotes = false
  /** The last character was a quote inside a field in quotes: its end, or the first of two. */
  let quote = false
  let line = 1
  let begun = 1
  for await (const piece of text) {
    for (const c of piece) {
      if (c === '\n') line++
      if (field.length > LONGEST || fields.length > FIELDS_MOST) {
        const problem = field.length > LONGEST ? TOO_LONG : TOO_MANY
        yield { line: begun, next: line, fields, whole: false, problem }
        return
      }
      if (quote) {
        quote = false
        if (c === '"') {
          field += '"'
          continue
        }
        inQuotes = false
      } else if (inQuotes) {
        if (c === '"') quote = true
        else field += c
        continue
      }
      if (c === '"' && field === '') inQuotes = true
      else if (c === ',') {
        fields.push(field)
        field = ''
      } else if (c === '\n') {
        fields.push(field.endsWith('\r') ? field.slice(0, -1) : field)
        yield { line: begun, next: line, fields, whole: true }
        fields = []
        field = ''
        begun = line
      } else field += c
    }
  }
  if (quote) inQuotes = false
  if (inQuotes || field !== '' || fields.length > 0)
    yield { line: begun, next: line, fields: [...fields, field], whole: false }
}
