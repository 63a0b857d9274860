// What each check looks at, and which function judges it: total, so that a check without one does not compile.
import type { DaemonFacts } from '../../api/contract/shapes.ts'
import { VERSION } from '../../base/version.ts'
import type { CheckId } from './catalogue.ts'
import { judgeCertificate, judgeLogin } from './checks/certificate.ts'
import { configFile, configInForce } from './checks/config.ts'
import { daemonLeftovers, daemonRunning, daemonService, judgeHealth, judgeVersion } from './checks/daemon.ts'
import { trustDomains } from './checks/domains.ts'
import { meshFirewall } from './checks/firewall.ts'
import { judgeForward } from './checks/forward.ts'
import { shellGuard } from './checks/guard.ts'
import { homeDirectory, homeKey, homeOwner } from './checks/home.ts'
import { judgeLineage, judgeLists } from './checks/lineage.ts'
import { clockSynchronised, judgeSkews, runtimeFiles, runtimeInotify, runtimeNode } from './checks/machine.ts'
import { httpListener, judgeMulticast, meshAddresses, meshLanOnly, meshPort } from './checks/mesh.ts'
import { meshNames } from './checks/names.ts'
import { judgeLeaves, judgePending, judgeTrust, judgeTwins, judgeVersions } from './checks/peers.ts'
import { judgePeople } from './checks/people.ts'
import { policyFiles } from './checks/policy.ts'
import { judgeFollowed, spoolShared } from './checks/spool.ts'
import { auditLedger, judgeSummaries, storeDatabase, storeDisk, storeRetention } from './checks/store.ts'
import { judgeWaiting, shellHooks, shellRecorded, spoolDirectory } from './checks/terminal.ts'
import { judgeTokens } from './checks/tokens.ts'
import { toolHooks } from './checks/tools.ts'
import { judgeTotals } from './checks/totals.ts'
import type { Finding } from './result.ts'
import type { World } from './world.ts'

export type Probe = (world: World) => Promise<Finding | readonly Finding[]>

/** A check that judges only what the daemon tells. It is asked once for all of them; doctor.ts skips them where none answers. */
const told =
  (judge: (facts: DaemonFacts, world: World) => Finding | readonly Finding[] | Promise<Finding>): Probe =>
  async (world) => {
    const facts = await world.facts()
    return facts === undefined ? [] : judge(facts, world)
  }

export const PROBES: Readonly<Record<CheckId, Probe>> = {
  'config.file': configFile,
  'config.in_force': configInForce,
  'policy.files': policyFiles,
  'home.directory': homeDirectory,
  'home.owner': homeOwner,
  'home.key': homeKey,
  'daemon.running': daemonRunning,
  'daemon.leftovers': daemonLeftovers,
  'daemon.health': told(judgeHealth),
  'daemon.version': told(judgeVersion),
  'daemon.service': daemonService,
  'http.listener': httpListener,
  'tokens.ends': told(({ tokens_ending = [] }, { now, homeFlag }) =>
    judgeTokens(tokens_ending, now(), homeFlag),
  ),
  'runtime.node': runtimeNode,
  'runtime.files': runtimeFiles,
  'runtime.inotify': runtimeInotify,
  'clock.synchronised': clockSynchronised,
  'clock.peers': told(({ mesh, stale }) => judgeSkews(mesh.connections, stale)),
  'shell.hooks': shellHooks,
  'shell.guard': shellGuard,
  'shell.recorded': shellRecorded,
  'tools.hooks': toolHooks,
  'spool.directory': spoolDirectory,
  'spool.waiting': told(({ spool }) => judgeWaiting(spool)),
  'spool.followed': told(({ spool }, { uid }) => judgeFollowed(spool.unfollowed ?? [], uid)),
  'people.held': told(({ people_held: held }, { homeFlag }) =>
    held === undefined ? [] : judgePeople(held, homeFlag),
  ),
  'spool.shared': spoolShared,
  'store.database': storeDatabase,
  'store.disk': storeDisk,
  'store.retention': told(storeRetention),
  'audit.ledger': auditLedger,
  'summaries.fresh': told((facts, { now }) => judgeSummaries(facts, now())),
  'mesh.port': meshPort,
  'mesh.addresses': meshAddresses,
  'mesh.lan_only': meshLanOnly,
  'mesh.names': meshNames,
  'mesh.multicast': told(judgeMulticast),
  'mesh.firewall': meshFirewall,
  'peers.pending': told(({ pending }, { now }) => judgePending(pending, now())),
  'peers.trust': told(judgeTrust),
  'peers.domains': trustDomains,
  'peers.leaves': told(({ mesh }) => judgeLeaves(mesh.leaves)),
  'peers.twins': told(({ twins }) => judgeTwins(twins)),
  'peers.lineage': told(judgeLineage),
  'mesh.certificate': told(({ certificate = null, invite_refused, invite_detail }, { now }) =>
    judgeCertificate(certificate, now(), invite_refused, invite_detail),
  ),
  'mesh.lists': told(({ lists }, { now }) => judgeLists(lists, now())),
  'forward.targets': told(({ forward = [] }) => judgeForward(forward)),
  'mesh.totals': told(({ totals }, { now }) => (totals === undefined ? [] : judgeTotals(totals, now()))),
  'operator.login': told(({ login = null }, { now }) => judgeLogin(login, now())),
  'peers.versions': told(({ mesh }) => judgeVersions(mesh.connections, VERSION)),
}
