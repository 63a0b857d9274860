// Commands of Karo in what people are told, as they have to be typed to be about the same node.

import type { CommandIo } from './command.ts'
import { quote } from './doctor/shell-words.ts'

/** A command's `io` is one. */
export type Place = Partial<Pick<CommandIo, 'env' | 'home'>>

/** Those that are about one node. Before it no part of a path or of another word; after it a blank, a stop or the end. */
const COMMAND =
  /(?<![\w./-])karo (?=(?:up|init|status|doctor|events|shell|history|explain|ask|export|import|processes|stats|anomalies|guard|hook|mcp|peers|ca|invite|join|share|query|audit|logs|report-problem|identity|backup|restore|token|config)(?![\w-]))/g

/**
 * `text` with the home that was given (`--home`, KARO_HOME) in each of its commands: `karo up` → `karo --home /srv/k up`,
 * so that what is copied does not make another node in the default place. Lines that name one already stay.
 */
export function atHome(text: string, { env, home }: Place): string {
  if (!env?.KARO_HOME || home === undefined) return text
  return text
    .split('\n')
    .map((line) =>
      line.includes('--home') ? line : line.replace(COMMAND, () => `karo --home ${quote(home)} `),
    )
    .join('\n')
}
