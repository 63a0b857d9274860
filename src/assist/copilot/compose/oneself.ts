// Questions about oneself, which Karo's own commands answer.

const DAY = '(yesterday|today)'
/** Questions as expressions, and the commands that answer them; `$1` is the day. */
const QUESTIONS: readonly (readonly [question: string, command: string])[] = [
  [`(?:what|which commands) did i (?:do|run|type|work on) ${DAY}`, 'karo history --since $1 --until $1'],
  [`(?:show|list)(?: me)? (?:what i (?:did|ran|typed)|my commands|the commands (?:that )?i (?:ran|typed))(?: of| from)? ${DAY}`, 'karo history --since $1 --until $1'],
  ['(?:what|which commands) did i (?:do|run|type|work on) (?:this|last|in the last) week', 'karo history --since 7d'],
  ['(?:what|which commands) did i (?:just )?(?:do|run|type)(?: last| recently)?', 'karo history'],
  [`(?:what|which commands|which of my commands) failed ${DAY}`, 'karo history --failed --since $1 --until $1'],
  ['(?:what|which commands|which of my commands) (?:failed|fails|is failing|are failing)(?: recently| lately)?', 'karo history --failed'],
  ['is (?:anything|something) (?:failing|wrong|broken)(?: here| with karo| on this (?:machine|node))?', 'karo doctor'],
  ['(?:is karo (?:ok|okay|healthy|running|working)|how is karo|what is wrong with karo|check karo)', 'karo doctor'],
  ['how much (?:disk|space|disk space|storage) (?:does|do) (?:karo|my history|the history) (?:use|take|need)(?: up)?', 'karo status'],
  ['(?:which|what) (?:commands|tools|programs) do i (?:use|run|type) (?:the )?most(?: often)?', 'karo stats month --commands'],
  ['(?:what|which) (?:dangerous|risky) commands did i (?:run|type)', 'karo history --risk high'],
  ['how (?:many|much) commands did i (?:run|type) today', 'karo stats'],
] // biome-ignore format: a question a line

const made = QUESTIONS.map(([question, command]) => [new RegExp(`^(?:${question})$`), command] as const)

/** Karo's own command that answers the question; undefined for any other request. */
export function askedOfOneself(request: string): string | undefined {
  const words = request
    .toLowerCase()
    .replace(/[\s.?!]+/g, ' ')
    .trim()
  for (const [question, command] of made) {
    const match = question.exec(words)
    if (match !== null) return command.replaceAll('$1', match[1] ?? '')
  }
  return undefined
}
