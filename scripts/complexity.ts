// Finds functions that are hard to follow, by their cognitive complexity (G. Ann Campbell, SonarSource, 2018).
import { parsed, type SourceFile } from './doors.ts'

export interface Complexity {
  /** `src/mesh/mesh.ts:12 createMesh`. */
  readonly where: string
  readonly points: number
}

interface Node {
  readonly type: string
  readonly start: number
  readonly [member: string]: unknown
}

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'])
/** Each costs a point, and another for each of them, or function, that it is inside of. */
const NESTING = new Set([
  ...['SwitchStatement', 'ForStatement', 'ForInStatement', 'ForOfStatement', 'WhileStatement'],
  ...['DoWhileStatement', 'CatchClause', 'ConditionalExpression'],
])

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'

/** Its nodes one level below. */
function childrenOf(node: Node): Node[] {
  const found: Node[] = []
  for (const value of Object.values(node))
    if (Array.isArray(value)) found.push(...value.filter(isNode))
    else if (isNode(value)) found.push(value)
  return found
}

/** The points of `node` with all that is below it. Functions inside of it count as a level of nesting. */
function pointsOf(node: Node, nesting: number, operator?: unknown): number {
  const below = (level: number, of: readonly Node[] = childrenOf(node)): number =>
    of.reduce((sum, child) => sum + pointsOf(child, level), 0)
  if (node.type === 'IfStatement') return pointsOfIf(node, nesting, nesting)
  if (NESTING.has(node.type)) return 1 + nesting + below(nesting + 1)
  if (FUNCTIONS.has(node.type)) return below(nesting + 1)
  if (node.type === 'LogicalExpression') {
    // `a && b && c` is one thing to understand, `a && b || c` two.
    const own = node.operator !== '??' && node.operator !== operator ? 1 : 0
    return own + childrenOf(node).reduce((sum, child) => sum + pointsOf(child, nesting, node.operator), 0)
  }
  const jumps = /^(Break|Continue)Statement$/.test(node.type) && isNode(node.label)
  return (jumps ? 1 : 0) + below(nesting)
}

/** `extra`: what nesting adds to this `if`; an `else if` adds none. */
function pointsOfIf(node: Node, nesting: number, extra: number): number {
  const { test, consequent, alternate } = node
  let points = 1 + extra
  if (isNode(test)) points += pointsOf(test, nesting)
  if (isNode(consequent)) points += pointsOf(consequent, nesting + 1)
  if (!isNode(alternate)) return points
  return alternate.type === 'IfStatement'
    ? points + pointsOfIf(alternate, nesting, 0)
    : points + 1 + pointsOf(alternate, nesting + 1)
}

/** Functions of more than `most` points that are inside of no other function, hardest first. */
export function complexFunctions(files: readonly SourceFile[], most: number): readonly Complexity[] {
  const found: Complexity[] = []
  for (const file of files) {
    const { path, text } = file
    const visit = (node: Node, name: string): void => {
      if (FUNCTIONS.has(node.type)) {
        const points = childrenOf(node).reduce((sum, child) => sum + pointsOf(child, 0), 0)
        const line = text.slice(0, node.start).split('\n').length
        const own = isNode(node.id) ? String(node.id.name) : name
        if (points > most) found.push({ where: `${path}:${line} ${own}`.trim(), points })
        return
      }
      const named = isNode(node.id) ? node.id : isNode(node.key) ? node.key : undefined
      for (const child of childrenOf(node)) visit(child, typeof named?.name === 'string' ? named.name : name)
    }
    visit(parsed(file).program as unknown as Node, '')
  }
  return found.sort((a, b) => b.points - a.points)
}
