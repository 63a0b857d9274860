// Recognises a function that starts more copies of itself than end, `:(){ :|:& };:` under any name.
import { type Function as FunctionNode, forEachChild, type SyntaxNode } from 'unbash'

/** Syntax nodes that are looked at; a real bomb is tiny. */
const MAX_NODES = 200

/** Whether the function calls itself at least twice, one of them in a pipeline or in the background. */
export function isForkBomb(node: FunctionNode): boolean {
  const name = node.name.value
  let calls = 0
  let spreading = false
  let left = MAX_NODES
  const visit = (it: SyntaxNode, spreads: boolean): void => {
    if (left-- <= 0 || it.type === 'Word') return
    if (it.type === 'Command' && it.name?.value === name) {
      calls++
      spreading ||= spreads
      return
    }
    const more = spreads || it.type === 'Pipeline' || (it.type === 'Statement' && it.background === true)
    forEachChild(it, (child) => visit(child, more))
  }
  visit(node.body, false)
  return calls >= 2 && spreading
}

/**
 * Whether the loop is endless and leaves every statement running in the background: `while true; do something & done`.
 */
export function isSpawnLoop(node: Extract<SyntaxNode, { type: 'While' }>): boolean {
  const test = node.clause.commands[0]
  const command = test?.type === 'Statement' ? test.command : test
  const endless =
    command?.type === 'Command' && /^(?:true|:|1)$/.test(command.name?.value ?? '') && node.kind === 'while'
  const body = node.body.commands
  return endless && body.length > 0 && body.every((it) => it.type === 'Statement' && it.background === true)
}
