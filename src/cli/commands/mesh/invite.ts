// karo invite: codes that let machines into the mesh, for a person, a camera or a provisioning tool.
import { renderUnicodeCompact } from 'uqr'
import { cancelInvite, createInvite, getInvites } from '../../../api/contract/operations/fleet.ts'
import { isRole, toldRole } from '../../../base/words/roles.ts'
import { formatEnrolment } from '../../../trust/certificates/index.ts'
import {
  ASSIGNED,
  assignedBy,
  type CommandIo,
  defineCommand,
  fitted,
  lasting,
  localTime,
  printable,
  printJson,
  show,
  table,
  usage,
  whole,
} from '../../kit.ts'
import { createOutput } from '../../output-file.ts'
import { showsBlocks } from '../../terminal/bars.ts'

const make = defineCommand('invite', {
  summary: 'make a code that lets a machine into the mesh; run it on an issuer',
  shows: createInvite,
  options: {
    uses: {
      value: 'n',
      reads: whole(1, 1_000),
      description: 'number of machines that may use it',
      default: '1',
    },
    for: {
      value: 'duration',
      reads: lasting('1m', '90d'),
      description: 'how long it is valid: at most 90d',
      default: '1d',
    },
    ...ASSIGNED,
    owner: {
      value: 'name',
      description: 'who has these machines: in totals all machines of one owner count once',
    },
    file: {
      value: 'file',
      description: 'write an enrolment file for provisioning instead of showing the code',
    },
    out: { value: 'file', description: 'the same as --file' },
  },
  examples: {
    'karo invite': 'one machine, within a day: karo join <code> there',
    'karo invite --uses 40 --for 7d --team eng --file enrolment.json':
      'with this file in /etc/karo, 40 machines join without a person',
  },
  async run(io, { options }) {
    const { uses, owner } = options
    const body = { uses, for_ms: options.for, ...assignedBy(options), owner }
    if (options.file !== undefined && options.out !== undefined)
      throw usage(
        '--file and --out mean the same, and both were given',
        '--out',
        'Name the enrolment file once.',
      )
    const file = options.file ?? options.out
    using output = file === undefined ? undefined : createOutput(file)
    const made = await io.call(createInvite, { body })
    const { code, invite } = made
    const own = body.roles?.filter((role) => !isRole(role)) ?? []
    if (own.length > 0) io.err(fitted(`The invite gives ${own.map(toldRole).join(', ')}.\n`, io))
    const machines = uses === 1 ? 'one machine' : `${uses} machines`
    if (made.places.length === 0) io.err(fitted(`${NO_PLACES}\n`, io))
    if (output !== undefined) {
      output.write(formatEnrolment(made.root, code, made.places))
      output.finish()
      const { code: _, ...rest } = made
      return show(io, { ...rest, file }, () =>
        fitted(
          `${printable(file ?? '')} lets ${machines} in until ${localTime(invite.ends_at)}.
Each machine joins when the file is beside its config.toml: /etc/karo/enrolment.json of a service, mode 0640, group karo.
Whoever has it can use it: karo invite cancel ${invite.id}
`,
          io,
        ),
      )
    }
    if (io.json) return printJson(io, made)
    io.out(`${code}\n`)
    const picture = io.terminal ? qrOf(code, io) : undefined
    if (picture) io.out(`\n${picture}\n`)
    io.err(
      fitted(
        `It lets ${machines} in until ${localTime(invite.ends_at)}, and is not shown again. On that machine: karo join
Whoever has it can use it: karo invite cancel ${invite.id}
`,
        io,
      ),
    )
  },
})

const NO_PLACES =
  'The invite names no address of this node, because it does not listen on an address that others can reach (mesh.listen). Machines find it only by mDNS, or with: karo join … --at host:port.'

/** The code for a camera; undefined where a line of it would be broken, or its half blocks could not be shown. */
function qrOf(code: string, { columns, env }: CommandIo): string | undefined {
  if (!showsBlocks(env)) return undefined
  const picture = renderUnicodeCompact(code)
  return picture.split('\n').every((line) => line.length <= columns) ? picture : undefined
}

const list = defineCommand('invite list', {
  summary: 'list the invites of this node, without their codes',
  shows: getInvites,
  view: ({ invites }, io) =>
    table(
      io,
      invites,
      {
        ID: 'id',
        STATE: 'state',
        USED: ({ used, uses }) => `${used} of ${uses}`,
        ENDS: 'ends_at',
        ROLES: 'roles',
        TEAMS: 'teams',
        BY: 'made_by',
      },
      'No invites. On an issuer, karo invite makes one.\n',
    ),
})

const cancel = defineCommand('invite cancel', {
  summary: 'end an invite; machines that used it stay members',
  shows: cancelInvite,
  args: { id: { description: 'as karo invite list shows it', completes: 'invite:list:id' } },
  view: ({ invite }) => `Cancelled; ${invite.used} of ${invite.uses} machines had used it.\n`,
})

export const commands = [make, list, cancel]
