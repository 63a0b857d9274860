// The doors of the house: which room may import which, as data. test/contract/doors.test.ts enforces it.

/**
 * One room a line: its folder (below `src/`, or `protocols`), behind the colon the rooms it may import besides itself,
 * behind the dash why it is shut off where its neighbours are not. The longest folder that a file is below decides which
 * room it is in. `trust/*` stands for `trust` and every room below it. A room may import only rooms that stand above its
 * own line, so no import runs up and rooms make no circles.
 */
export const DOORS = `
protocols           :                                                       - what crosses the network is defined here
base                :
base/level0         :                                                       - opens raw commands; guarded by this table
base/kernel         : base                                                  - calls of the system that Node has no function for
muscle/contract     : base                                                  - all that Brain and Muscle share
muscle              : base base/kernel muscle/contract                      - a process of its own; starts jails and knows nothing else
observe/hooks       : base
observe/imports     : base                                                  - reads files of other programs, nothing else
assist/finder       :                                                       - functions of values
assist/risk         : base                                                  - pure: no I/O, no clock
config              : protocols base assist/risk
assist/guard        : base config assist/risk observe/hooks
assist/resident     : base base/kernel config assist/risk assist/guard observe/hooks - tells shells of this user that a line may run
assist/copilot      : base config assist/risk                               - never sees the store
store/level         : base protocols
store/rollups       : base assist/risk store/level
store/events        : base base/level0 assist/risk store/level store/rollups - level 0 at rest
store/processes     : base base/level0 store/level                          - names of processes are level 0 too
store/approvals     : base store/level                                      - commands that wait for a yes are level 0 too
store/tables        : base protocols store/level                            - all of the store that the network rooms get
store/rescue        : base store/level store/rollups store/events store/processes store/tables
store               : base protocols store/*
observe             : base base/level0 config assist/risk store/events      - level 0 comes in here
observe/processes   : base base/level0 config observe store/processes
insight             : base protocols config store/rollups store/tables      - the only door out of level 0
trust/identity      : base protocols
trust/policy        : base protocols config                                 - who may have what; knows no store and no network
trust/audit         : base protocols trust/identity store/tables
trust/lineage       : base protocols trust/identity
trust/certificates  : base protocols trust/identity trust/lineage trust/audit store/tables
trust/organisation  : base protocols trust/identity trust/policy trust/audit
trust/operators     : base protocols trust/identity trust/policy trust/audit trust/certificates - people who ask through nodes
trust               : base protocols config trust/* store/tables
agents              : base base/kernel muscle/contract protocols trust/identity trust/audit store/tables - the Brain's side of running what agents ask for
agents/capabilities : base protocols agents trust/identity trust/audit store/tables - what agents were granted
agents/approvals    : base agents trust/audit store/approvals               - what waits for a person; level 0
agents/vault        : base protocols agents trust/identity trust/audit store/tables - secrets of people, and who may have them
agents/artifacts    : base protocols agents trust/identity trust/audit store/tables - files of people and of their agents
agents/gates        : base protocols assist/risk agents agents/approvals agents/capabilities trust/policy trust/audit
mesh                : base protocols config trust trust/identity trust/audit trust/certificates store/tables
exchange/documents  : base protocols config mesh trust trust/identity trust/audit store/tables
exchange/aggregates : base protocols trust/identity                         - functions of shares and tallies; no I/O, no timer
exchange/summaries  : base protocols config insight trust/* exchange/documents
exchange/totals     : base protocols config insight trust trust/* exchange/documents exchange/aggregates
exchange/query      : base protocols config insight mesh trust/* store/tables exchange/summaries exchange/totals exchange/aggregates
exchange/report     : base protocols assist/risk exchange/totals             - functions of released totals; no I/O, no timer
exchange/reports    : base config trust/* exchange/report exchange/query exchange/totals
ops                 : base base/kernel config trust
ops/care            : base config ops store store/level store/tables store/rescue trust/identity trust/audit
ops/metrics         : base protocols agents observe insight trust trust/audit trust/certificates trust/operators mesh exchange/* store
api/contract        : base protocols config observe/imports trust/audit agents agents/vault agents/artifacts trust/policy exchange/query exchange/totals exchange/report exchange/reports ops/care
api                 : base/* protocols config assist/finder store store/events store/tables observe observe/processes insight trust/* mesh exchange/* ops/care agents agents/* api/contract
daemon              : base base/kernel agents agents/* protocols config assist/risk assist/resident assist/copilot store observe observe/processes insight trust/* mesh exchange/* ops/* api/*
window              : api/contract                                          - runs in a browser; the client of the API and nothing else
cli/adapters        : base assist/risk                                      - what another program hands over, and is told
cli/acp             : base assist/risk api/contract                         - between an editor and an agent
cli/mcp             : base protocols assist/risk assist/guard assist/copilot api/contract
cli/doctor          : base muscle/contract protocols config assist/guard observe/hooks store/rescue trust/identity trust/audit trust/policy ops api/contract
cli/demo            : base assist/risk api/contract
cli/start           : base config ops api/contract                          - the daemon as a process of its own
cli                 : base protocols config assist/* observe/hooks observe/imports trust/identity trust/audit trust/certificates trust/operators trust/organisation trust/policy exchange/report ops ops/care api/contract daemon cli/*
`

/** Packages that only these rooms may load, whatever the table above says. */
export const PACKAGES: Readonly<Record<string, string>> = {
  libp2p: 'mesh',
  '@libp2p/*': 'mesh',
  '@chainsafe/*': 'mesh',
  '@multiformats/*': 'mesh',
  'dns-packet': 'mesh',
  level: 'store/level',
  fastify: 'api api/contract',
  pino: 'ops',
  'prom-client': 'ops/metrics',
  commander: 'cli',
  unbash: 'assist/risk',
  '@agentclientprotocol/*': 'cli/acp',
  '@modelcontextprotocol/*': 'cli/mcp agents',
  minisearch: 'agents',
  msgpackr: 'protocols store/level',
  'blake3-wasm': 'base',
  '@noble/*': 'trust/identity',
  'age-encryption': 'ops/care',
  '@cedar-policy/*': 'trust/policy',
  koffi: 'base/kernel',
  preact: 'window',
  '@preact/*': 'window',
  uplot: 'window',
  // Fixed programs only; but the Muscle starts what agents ask for, and `karo acp` the agent of an editor.
  'node:child_process': 'assist/copilot cli/doctor cli/demo cli/start cli/acp muscle agents',
}
