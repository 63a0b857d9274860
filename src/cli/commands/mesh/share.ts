// karo share: what you consent to, for each person for themself; a change holds at once.
import { callDaemon } from '../../../api/contract/client.ts'
import type { SharePreviewShape, SharingView } from '../../../api/contract/shapes.ts'
import { EXIT, type ExitCode } from '../../../base/errors.ts'
import type { Command, CommandArgument, CommandIo } from '../../command.ts'
import { oneNode } from '../../values.ts'
import { sharingView } from '../../views/share.ts'
import { previewView } from '../../views/share-preview.ts'

const who: CommandArgument = {
  name: 'who',
  required: true,
  // A fingerprint is read aloud and typed in groups of four: they may be several words.
  variadic: true,
  oneThing: true,
  description:
    "one node (id, name, or fingerprint, also in groups of four); team:eng; role:lead; or '*' for every node whose trust level qualifies",
  completes: 'audience',
}

async function send(io: CommandIo, method: 'GET' | 'POST', path: string, body?: unknown): Promise<ExitCode> {
  const view = (await callDaemon(io, method, path, body)) as SharingView
  io.out(io.json ? `${JSON.stringify(view)}\n` : sharingView(view, io))
  return EXIT.done
}

const show: Command = {
  name: 'share show',
  summary: 'who may have which of your numbers right now, and why',
  args: [],
  options: [],
  examples: [{ run: 'karo share show', does: 'every known node and what it may have' }],
  run: (io) => send(io, 'GET', '/api/v1/share'),
}

const preview: Command = {
  name: 'share preview',
  summary: 'the summaries of your numbers that would leave now, exactly as their recipients will read them',
  args: [],
  options: [
    {
      name: 'to',
      value: 'node',
      description: 'only what this node could read: its id, name or fingerprint',
      completes: 'node',
    },
    {
      name: 'role',
      value: 'role',
      description: 'only what nodes that you gave this role could read',
      completes: 'role',
    },
  ],
  examples: [
    { run: 'karo share preview', does: 'every period and who could read it' },
    { run: 'karo share preview --to bob', does: 'the same as bob will see it' },
    { run: 'karo share preview --role security', does: 'what your security people can read' },
  ],
  async run(io, { options }) {
    const narrowed = Object.entries({ to: options.to, role: options.role }).flatMap(([name, value]) =>
      value === undefined ? [] : `${name}=${encodeURIComponent(String(value))}`,
    )
    const query = narrowed.length === 0 ? '' : `?${narrowed.join('&')}`
    const shape = (await callDaemon(io, 'GET', `/api/v1/share/preview${query}`)) as SharePreviewShape
    io.out(io.json ? `${JSON.stringify(shape)}\n` : previewView(shape, io))
    return EXIT.done
  },
}

const allow: Command = {
  name: 'share allow',
  summary: 'consent to a node, team or role; while sharing is off, to this one alone',
  args: [who],
  options: [],
  examples: [
    { run: 'karo share allow bob', does: 'bob may ask this node for your numbers' },
    { run: 'karo share allow team:eng', does: 'so may everybody you placed in that team' },
  ],
  run: async (io, { args }) =>
    send(io, 'POST', '/api/v1/share/allow', { who: oneNode(args.who, 'karo share allow') }),
}

const stop: Command = {
  name: 'share stop',
  summary: 'withdraw consent; stays withdrawn until you allow the same again, and leaves trust alone',
  args: [who],
  options: [],
  examples: [
    { run: 'karo share stop bob', does: "bob is refused, even if '*' or his team is allowed" },
    { run: "karo share stop '*'", does: 'forgets everybody you allowed' },
  ],
  run: async (io, { args }) =>
    send(io, 'POST', '/api/v1/share/stop', { who: oneNode(args.who, 'karo share stop') }),
}

const off: Command = {
  name: 'share off',
  summary: 'nothing to anybody, until `karo share on` or `karo share allow`',
  args: [],
  options: [],
  examples: [{ run: 'karo share off', does: 'every question about your numbers is refused' }],
  run: (io) => send(io, 'POST', '/api/v1/share/off'),
}

const on: Command = {
  name: 'share on',
  summary: 'after `karo share off`: what you had agreed to before holds again',
  args: [],
  options: [],
  examples: [{ run: 'karo share on', does: 'back to how it was before `karo share off`' }],
  run: (io) => send(io, 'POST', '/api/v1/share/on'),
}

export const share: readonly Command[] = [show, preview, allow, stop, off, on]
