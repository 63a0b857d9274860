// Reads a script inside the line as code, and reports data that became code on the way.

import type { InnerScript } from '../carriers/layers.ts'
import { filesAt, isCopied, scriptsIn } from '../carriers/named-scripts.ts'
import { NO_OUTPUT, type Output, type Span, TAINT } from '../model.ts'
import { cloneScope, type Frame, type Walk } from './frame.ts'
import { isUnresolved } from './paths.ts'

/**
 * Reads the files from which code is taken that the line does not show; whether that says all about it. `isGiven`: the line names them for
 * this as it names a script, and hides nothing where they cannot be read.
 */
export function readSources(
  walk: Walk,
  code: Pick<Output, 'text' | 'taint' | 'from'>,
  frame: Frame,
  language?: string,
  isGiven = false,
): boolean {
  const { scope, privileged } = frame
  const isWhole = isCopied(code)
  let isRead = true
  for (const file of code.from ?? []) {
    const scripts = isWhole ? scriptsIn(file, frame, language) : []
    if (!isWhole) for (const path of filesAt(file.text, scope) ?? []) scope.machine?.runs?.(path, undefined)
    for (const script of scripts)
      walk.findings.script?.(script, cloneScope(scope, scope.parameters ?? []), privileged)
    isRead &&= scripts.some(({ texts }) => texts.length > 0) && walk.findings.script !== undefined
  }
  return isWhole && (isGiven || isRead)
}

/** Reads a script found in words or on standard input, as code. */
export function readNested(walk: Walk, script: InnerScript, frame: Frame): Output {
  if (readSources(walk, script, frame)) return NO_OUTPUT
  const [from, to] = script.span
  // A script that stands verbatim in the line gets exact places for its findings.
  if ((script.taint & TAINT.decoded) !== 0 && !isUnresolved(script.text))
    codeFact(walk, TAINT.decoded, script.span)
  const exact = script.text.length < 4 ? -1 : walk.line.indexOf(script.text, from)
  const at: Frame['at'] =
    exact >= 0 && exact + script.text.length <= to
      ? (it) => [exact + it.pos, exact + it.end]
      : () => script.span
  return walk.readScript(script.text, { ...frame, depth: frame.depth + 1, payload: script.taint, at })
}

/** Reports code that came from the network, from a decoder, or from a source that cannot be seen. */
export function codeFact(walk: Walk, taint: number, span: Span): void {
  if ((taint & TAINT.network) !== 0) walk.findings.fact('network-code', span)
  else if ((taint & TAINT.decoded) !== 0) walk.findings.fact('decoded-code', span)
  else if (taint !== TAINT.generated) walk.findings.fact('unseen-code', span)
}
