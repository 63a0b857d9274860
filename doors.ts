// The doors of the house: which room may import which, and load which packages, as data. test/contract/doors.test.ts enforces it.

/**
 * One room a line: its folder (below `src/`, or `protocols`), behind the colon what it may import besides itself, behind the
 * dash why it is shut off where its neighbours are not. The longest folder that a file is below decides which room it is in.
 *
 * `trust/*` stands for `trust` and every room below it. A room may import only rooms that stand above its own line, so no
 * import runs up and rooms make no circles. A package or module of Node that some line names (`npm:level`, `npm:@libp2p/*`,
 * `node:child_process`) may be loaded by the rooms that name it and by no other; all others may be loaded by every room.
 *
 * Rooms with `node:child_process` start fixed programs only; but `muscle` and `agents` start what agents ask for, and `cli/acp`
 * the agent of an editor.
 */
export const DOORS = `
protocols           : npm:msgpackr                                         - what crosses the network is defined here
base                : npm:blake3-wasm
base/level0         :                                                      - opens raw commands; guarded by this table
base/kernel         : base npm:koffi                                       - calls of the system that Node has no function for
muscle/contract     : base                                                 - all that Brain and Muscle share
muscle              : base base/kernel muscle/contract node:child_process  - a process of its own; starts jails and knows nothing else
observe/hooks       : base
observe/imports     : base                                                 - reads files of other programs, nothing else
assist/finder       :                                                      - functions of values
assist/risk         : base npm:unbash                                      - pure: no I/O, no clock
config              : protocols base assist/risk
assist/guard        : base config assist/risk observe/hooks
assist/resident     : base base/kernel config assist/risk assist/guard observe/hooks - tells shells of this user that a line may run
assist/copilot      : base config assist/risk node:child_process           - never sees the store
store/level         : base protocols npm:level npm:msgpackr
store/rollups       : base assist/risk store/level
store/events        : base base/level0 assist/risk store/level store/rollups - level 0 at rest
store/processes     : base base/level0 store/level                         - names of processes are level 0 too
store/approvals     : base store/level                                     - commands that wait for a yes are level 0 too
store/tables        : base protocols store/level                           - all of the store that the network rooms get
store/rescue        : base store/level store/rollups store/events store/processes store/tables
store               : base protocols store/*
observe             : base base/level0 config assist/risk store/events     - level 0 comes in here
observe/processes   : base base/level0 config observe store/processes
insight             : base protocols config store/rollups store/tables     - the only door out of level 0
trust/identity      : base protocols npm:@noble/*
trust/policy        : base protocols config npm:@cedar-policy/*            - who may have what; knows no store and no network
trust/audit         : base protocols trust/identity store/tables
trust/lineage       : base protocols trust/identity
trust/certificates  : base protocols trust/identity trust/lineage trust/audit store/tables
trust/organisation  : base protocols config trust/identity trust/policy trust/audit
trust/operators     : base protocols trust/identity trust/policy trust/audit trust/certificates - people who ask through nodes
trust               : base protocols config trust/* store/tables
agents              : base base/kernel muscle/contract protocols trust/identity trust/audit store/tables npm:@modelcontextprotocol/* npm:minisearch node:child_process - the Brain's side of running what agents ask for
agents/capabilities : base protocols agents trust/identity trust/audit store/tables - what agents were granted
agents/approvals    : base agents trust/audit store/approvals              - what waits for a person; level 0
agents/vault        : base protocols agents trust/identity trust/audit store/tables - secrets of people, and who may have them
agents/artifacts    : base protocols agents trust/identity trust/audit store/tables - files of people and of their agents
agents/gates        : base muscle/contract protocols assist/risk agents agents/approvals agents/capabilities trust/policy trust/audit
mesh                : base protocols config trust trust/identity trust/audit trust/certificates store/tables npm:libp2p npm:@libp2p/* npm:@chainsafe/* npm:@multiformats/* npm:dns-packet
exchange/documents  : base protocols config mesh trust trust/identity trust/audit store/tables
exchange/boxes      : base protocols trust/identity                        - what documents say to some nodes only
exchange/aggregates : base protocols trust/identity exchange/boxes         - functions of shares and tallies; no I/O, no timer
exchange/summaries  : base protocols config insight trust/* exchange/documents exchange/boxes
exchange/totals     : base protocols config insight trust trust/* exchange/documents exchange/boxes exchange/aggregates
exchange/query      : base protocols config insight mesh trust/* store/tables exchange/summaries exchange/totals exchange/aggregates
exchange/report     : base protocols assist/risk exchange/totals           - functions of released totals; no I/O, no timer
exchange/reports    : base config trust/* exchange/report exchange/query exchange/totals
ops                 : base base/kernel config trust
ops/care            : base config ops store store/level store/tables store/rescue trust/identity trust/audit npm:age-encryption
ops/forward         : base base/kernel config ops trust/audit store/tables npm:@opentelemetry/* - sends the ledger and traces away, and sees nothing else
ops/metrics         : base protocols agents observe insight trust trust/audit trust/certificates trust/operators mesh exchange/* store npm:prom-client
api/contract        : base protocols config observe/imports trust/audit agents agents/vault agents/artifacts trust/policy exchange/query exchange/totals exchange/report exchange/reports ops/care npm:fastify
api                 : base/* protocols config assist/finder store store/events store/tables observe observe/processes insight trust/* mesh exchange/* ops/care agents agents/* api/contract npm:fastify
daemon              : base base/kernel agents agents/* protocols config assist/risk assist/guard assist/resident assist/copilot store observe observe/processes insight trust/* mesh exchange/* ops/* api/*
window              : api/contract npm:preact npm:@preact/* npm:uplot      - runs in a browser; the client of the API and nothing else
cli/adapters        : base assist/risk                                     - what another program hands over, and is told
cli/acp             : base assist/risk api/contract npm:@agentclientprotocol/* node:child_process - between an editor and an agent
cli/mcp             : base protocols assist/risk assist/guard assist/copilot api/contract npm:@modelcontextprotocol/*
cli/doctor          : base muscle/contract protocols config assist/guard observe/hooks store/rescue trust/identity trust/audit trust/policy ops api/contract node:child_process
cli/run             : base base/kernel config assist/risk agents muscle muscle/contract cli/adapters node:child_process - a tool in a jail that is built of the Muscle's parts
cli/demo            : base assist/risk api/contract node:child_process
cli/start           : base config ops api/contract node:child_process      - the daemon as a process of its own
cli                 : base base/kernel protocols config assist/* observe/hooks observe/imports trust/identity trust/audit trust/certificates trust/operators trust/policy exchange/report ops ops/care api/contract daemon cli/* npm:commander
`
