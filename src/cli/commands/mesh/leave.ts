// karo leave: this machine belongs to no mesh with a root any more; the counterpart of karo join.
import { getFleet, leaveFleet } from '../../../api/contract/operations/fleet.ts'
import { defineCommand, fitted } from '../../kit.ts'
import { throughRestart } from '../../start/background.ts'
import { shortMesh } from '../../views/fleet.ts'

export const commands = [
  defineCommand('leave', {
    summary: 'leave the mesh; history and ledger stay',
    shows: leaveFleet,
    async sure(io) {
      const fleet = await io.call(getFleet)
      if (fleet.root === null) return undefined
      const issuer = fleet.issuer ? ' Nobody renews what it signed.' : ''
      return {
        asks: `Leave the mesh ${shortMesh(fleet)}, and share nothing until each person here says karo share on?${issuer}`,
      }
    },
    within: throughRestart,
    view: (fleet, io) =>
      fitted(
        `Left the mesh ${shortMesh(fleet)}; the node restarted. karo join lets it into one.
Others call it missing until 30 days after its certificate ends; karo peers revoke (of an issuer: karo ca revoke) ends that.
`,
        io,
      ),
  }),
]
