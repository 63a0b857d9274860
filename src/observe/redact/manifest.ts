// Finds the values in manifests of Kubernetes secrets, which are secrets whatever their names.

/** Quick test for a text in lower case: false if it has no such manifest. */
export const MAY_BE_MANIFEST = /kind:\s{0,4}["']?secret\b/
const SECRET_KIND = /^[ \t]*kind:[ \t]*["']?Secret["']?[ \t]*$/i
const DOCUMENT_END = /^---/
const FIELDS_BEGIN = /^([ \t]*)(?:data|stringData):[ \t]*$/
const FIELD = /^([ \t]*)[\w.-]+:[ \t]*["']?([^\s"'|>{}#$][^"'\n]*)/

/** `[from, to)` of each value below `data` and `stringData` of a secret. Takes time linear in the text's length. */
export function manifestSecrets(text: string): [from: number, to: number][] {
  const found: [number, number][] = []
  let ofDocument: [number, number][] = []
  let isSecret = false
  /** Indentation of `data:`, kept until its fields end. */
  let within: number | undefined
  let at = 0
  const endDocument = (): void => {
    if (isSecret) for (const range of ofDocument) found.push(range)
    ofDocument = []
    isSecret = false
    within = undefined
  }
  for (const line of text.split('\n')) {
    if (DOCUMENT_END.test(line)) endDocument()
    isSecret ||= SECRET_KIND.test(line)
    const begin = FIELDS_BEGIN.exec(line)
    const field = FIELD.exec(line)
    const depth = line.search(/[^ \t]|$/)
    if (begin) within = begin[1]!.length
    else if (within !== undefined && line.trim() !== '' && depth <= within) within = undefined
    else if (within !== undefined && field) {
      const from = at + field[0].length - field[2]!.length
      ofDocument.push([from, from + field[2]!.trimEnd().length])
    }
    at += line.length + 1
  }
  endDocument()
  return found
}
