// Puts a command of an AI coding tool into the approvals inbox and waits for the answer that is given in another terminal.
import { askApproval } from '../../api/contract/operations/agents/approvals.ts'
import type { AskedShape } from '../../api/contract/shapes.ts'
import { type Confirmable, type Reply, reasonOf } from '../adapters/index.ts'
import type { CommandIo } from '../command.ts'

/**
 * Returns `reply` unless a person decides within `seconds`. After an approval Karo has no opinion, and the tool's own
 * questions stay; after a denial the tool is told so. Every error leaves `reply`.
 */
export async function askInbox(
  io: CommandIo,
  tool: string,
  { command, shell, cwd }: Confirmable,
  reply: Reply & { readonly decision: 'ask' | 'deny' },
  seconds: number,
): Promise<Reply> {
  const until = performance.now() + seconds * 1_000
  const body = { tool, shell, command, cwd: cwd ?? process.cwd(), why: reply.reason.slice(0, 500) }
  try {
    for (let approval: string | undefined; performance.now() < until; ) {
      const asked: AskedShape = await io.call(askApproval, {
        body: { ...body, approval },
      })
      if (asked.outcome === 'run') return { decision: 'none' }
      if (asked.outcome === 'deny') return { decision: 'deny', reason: reasonOf(asked.reason) }
      if (asked.approval === null) return reply
      // Another one where what it runs has changed since.
      const isTold = approval === asked.approval
      approval = asked.approval
      if (!isTold) io.err(`karo: request ${approval} waits for you: karo approvals approve ${approval}\n`)
    }
    return reply
  } catch {
    // Without a daemon, or when the connection broke, it is as if nobody had been asked. A full inbox is a denial.
    return reply
  }
}
