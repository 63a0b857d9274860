// What an agent offers, as text: a lasting grant is for these tools, and other ones are asked about.
import { KaroError } from '../../base/errors.ts'
import { blake3 } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'
import type { AgentId, Pin } from '../types.ts'
import type { Tool } from './session.ts'

/** Characters of a list that is kept to be compared line by line; of a longer one the hash is. */
const TEXT_MAX = 8 * 1024

export interface Pins {
  /** What the lasting grant of the agent is for; undefined without one. */
  pinOf(agent: AgentId): Pin | undefined
  pin(agent: AgentId, pin: Pin): Promise<void>
}

/** Its tools are not those that were granted. */
export class OtherTools extends KaroError {
  readonly tools: string

  constructor(agent: AgentId, tools: string) {
    super('refused', `${agent} offers other tools than it was granted with`)
    this.tools = tools
  }
}

/** Its tools are granted when it starts for the first time. Rejects with OtherTools later. */
export async function checkOffers(
  { pinOf, pin }: Pins,
  agent: AgentId,
  tools: readonly Tool[],
): Promise<void> {
  const granted = pinOf(agent)
  const now = listOf(tools)
  if (granted === undefined || granted.tools === now) return
  if (granted.tools !== null) throw new OtherTools(agent, now)
  await pin(agent, { ...granted, tools: now })
}

function listOf(tools: readonly Tool[]): string {
  const text = tools
    .map(({ name, readOnly, description, inputSchema }) => {
      const schema = hashOf(JSON.stringify(inputSchema)).slice(0, 8)
      return `${name} (${readOnly ? 'only reads' : 'may change something'}, arguments ${schema}): ${description}`
    })
    .sort()
    .join('\n')
  return text.length <= TEXT_MAX ? text : `${tools.length} tools with the hash ${hashOf(text)}`
}

const hashOf = (text: string): string => toHex(blake3([Buffer.from(text)]))
