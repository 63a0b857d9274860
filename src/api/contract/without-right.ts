// What a person is told who has no right to something: by the daemon, and by a command before it asks that person anything.
import { KaroError } from '../../base/errors.ts'
import type { Access } from './operation.ts'

/** Throws KaroError `refused` where a person with these rights may not use what needs `access`. */
export function refuseWithout(
  access: Access,
  { admin, asks }: { readonly admin: boolean; readonly asks: boolean },
): void {
  if (access === 'asker' && !asks)
    throw new KaroError('refused', 'you may not ask the mesh from this machine', {
      hint: 'An administrator lets you: sudo karo config set access.askers +<you>',
    })
  if (access === 'admin' && !admin)
    throw new KaroError('refused', 'only an administrator of this node may do this', {
      hint: 'Run it with sudo, or have an administrator make you one: sudo usermod -aG karo-admin <you>',
    })
}
