// Rules about permissions, ownership and accounts: opened, taken, removed, locked, given root's rights.

import { knownFiles } from '../../known-files.ts'
import { type Options, verb } from '../../line/options.ts'
import { type Args, matching, NO_OUTPUT, type SimpleCommand } from '../../model.ts'
import {
  byTool,
  inPlace,
  inPlaceIfEmpty,
  isRecursive,
  naming,
  only,
  type Rules,
  rather,
  say,
  tools,
} from '../kit.ts'

const OPEN_TO_ALL =
  /^(?:0?[0-7]?77[67]|0?[0-7]?[0-7][0-7][2367]|(?:a|o|ugo|uo|go|augo)?\+(?:r?w|rwx?X?|w.*)|(?:a|o|ugo|go)=r?wx?)$/
const WHOLLY_OPEN = /^(?:0?[0-7]?777|(?:a|ugo)?[+=]rwxX?|a[+=]rwx)$/

/** The files behind the mode of chmod or the owner of chown. */
function filesOf(c: SimpleCommand, o: Options): Args {
  return c.name === 'setfacl' || o.value('reference') !== undefined ? o.operands : o.operands.slice(1)
}

export const PERMISSION_RULES: Rules = [
  {
    id: 'permissions-system',
    level: 'critical',
    core: true,
    why: 'Changes permissions or owners of the whole system, which may then not start and protects no file.',
    tools: tools('chmod chown chgrp setfacl chattr'),
    when: (c, o) => {
      const all = c.name === 'chattr' ? c.args : filesOf(c, o)
      // A pattern for everything below a directory, also one that find makes.
      const trees = isRecursive(o) ? all : matching(all, /(?:^|\/)\*\*\//)
      return [...inPlace(c, trees, 'root', 'system'), ...inPlaceIfEmpty(c, trees, 'root')]
    },
    example: 'chmod -R 777 /',
  },
  {
    id: 'open-system',
    level: 'high',
    why: 'Lets every user change a directory that the whole system relies on.',
    finds: 'chmod {open} @root|system|inside-system|home|disk|keys !-r|-R|--recursive',
    named: { open: OPEN_TO_ALL },
    example: 'chmod 777 /',
  },
  {
    id: 'permissions-inside-system',
    level: 'high',
    why: 'Changes permissions or owners of a tree that belongs to the system.',
    finds: `
      chmod|chattr|setfacl @inside-system|keys|home -r|-R|--recursive
      chown|chgrp * @inside-system|keys|home -r|-R|--recursive
      _ @inside-system|keys|home -r|-R|--recursive --reference`,
    example: 'chown -R www-data /etc/nginx',
  },
  {
    id: 'owner-here',
    level: 'moderate',
    why: 'Gives everything in this directory another owner; who owned what before is kept nowhere.',
    finds: `
      chown|chgrp * @working -r|-R|--recursive
      _ @working -r|-R|--recursive --reference`,
    example: 'chown -R me:me ..',
  },
  {
    id: 'open-to-all-tree',
    level: 'high',
    why: 'Lets every user and program change a whole tree.',
    finds: 'chmod {all} -r|-R|--recursive',
    named: { all: WHOLLY_OPEN },
    safer: { instead: 'u+rwX' },
    example: 'chmod -R 777 .',
  },
  {
    id: 'open-to-all',
    level: 'moderate',
    why: 'Lets every user and program change the file.',
    finds: `
      chmod {open} !-r|-R|--recursive
      chmod {open} !{all}`,
    named: { open: OPEN_TO_ALL, all: WHOLLY_OPEN },
    safer: { instead: '755' },
    example: 'chmod 777 x',
  },
  {
    id: 'locked-out',
    level: 'high',
    why: 'Takes every permission away from a whole tree.',
    finds: 'chmod {none} -r|-R|--recursive',
    named: { none: /^(?:0+|a-rwx|ugo-rwx)$/ },
    safer: { instead: 'go-rwx' },
    example: 'chmod -R 000 dir',
  },
  {
    id: 'setuid',
    level: 'high',
    why: 'Gives everybody who starts the file the rights of its owner.',
    finds: `
      chmod {owners}
      install -m|--mode=<owners>
      install -m|--mode=g+*s
      setcap <powers>`,
    named: {
      owners: /^(?:0?[4-7][0-7]{3}|(?!g\+)[ugoa]*\+[rwx]*s)$/,
      powers: /cap_(?:setuid|sys_admin|dac_override|sys_ptrace|sys_module)/,
    },
    example: 'chmod u+s /bin/bash',
  },
  {
    id: 'setgid',
    level: 'moderate',
    why: 'Gives everybody who starts the file the rights of its group; in a directory, new files get that group.',
    finds: 'chmod {groups}',
    named: { groups: /^(?:0?[23][0-7]{3}|g[+=][rwx]*s)$/ },
    example: 'chmod g+s tool',
  },
  {
    id: 'expose-key',
    level: 'high',
    why: 'Lets other users read a private key.',
    finds: 'chmod {readable} <keyfile>',
    named: {
      readable: /^(?:0?[0-7]?[0-7]?[4-7][0-7]|0?[0-7]{2}[4-7]|(?:a|o|g|go)?\+r.*)$/,
    },
    example: 'chmod 644 ~/.ssh/id_rsa',
  },
  {
    id: 'permissions-taken',
    level: 'high',
    why: 'Takes away the system’s right to read or run its own files.',
    finds: 'chmod words<taken>? files@root|system|inside-system<vital> !-r|-R|--recursive',
    named: {
      taken: /^(?:[augo]*-[rwxst]+|0{1,4}|[0-3]00|[augo]+=)$/,
      vital: /^\/(?:s?bin|usr|lib|etc\/?$|boot|$)/,
    },
    example: 'chmod -x /bin/chmod',
  },
  {
    id: 'owner-system',
    level: 'high',
    why: 'Gives a user a file that the whole system relies on.',
    tools: tools('chown chgrp setfacl'),
    when: (c, o) =>
      only(
        !isRecursive(o) &&
          (c.name !== 'setfacl' || o.flag('m', 'modify', 'x')) &&
          !/^(?:root|0)?(?::(?:root|0)?)?$/.test(verb(o)),
        [...inPlace(c, filesOf(c, o), 'root', 'system'), ...naming(c, filesOf(c, o), knownFiles('owned')!)],
      ),
    example: 'chown me /etc/passwd',
  },
  {
    id: 'immutable',
    level: 'moderate',
    why: 'Makes files unchangeable, or changeable again, even for root.',
    finds: 'chattr|chflags words<fixed> !-r|-R|--recursive',
    named: { fixed: /^[+-][a-zA-Z]*[ia]|^(?:no)?[su]chg$/ },
    example: 'chattr +i /etc/passwd',
  },
  {
    id: 'open-socket',
    level: 'high',
    why: 'Lets every user command Docker, which gives root rights on this machine.',
    finds: 'chmod {open} <socket>',
    named: { open: OPEN_TO_ALL, socket: /\/(?:docker|containerd|podman|libvirt-sock)(?:\.sock)?$/ },
    safer: byTool({ chmod: (_c, o) => say('chmod', '660', ...o.operands.slice(1)) }),
    example: 'chmod 666 /var/run/docker.sock',
  },
  {
    id: 'account-remove',
    level: 'high',
    why: 'Removes an account, perhaps with all its files.',
    finds: `
      userdel|deluser|groupdel *
      dscl|sysadminctl -delete|-deleteUser
      dscl|sysadminctl … delete|deleteUser`,
    safer: byTool({ 'userdel|deluser': rather('usermod', '-L') }),
    example: 'sudo userdel -r bob',
  },
  {
    id: 'account-open',
    level: 'high',
    why: 'Gives an account no password or the rights of root.',
    finds: `
      passwd -d|--delete
      useradd|usermod -u|--uid=0
      useradd|usermod -p|--password=
      groupadd|groupmod -g|--gid=0
      groupmems ~mighty -a|--add
      useradd|usermod -G|--groups=<mighty>
      useradd|usermod|adduser|gpasswd ~mighty -G|--groups|-a|-aG
      useradd|usermod|adduser|gpasswd … sudo .`,
    named: { mighty: /\b(?:sudo|wheel|root|docker|lxd|disk|shadow)\b/ },
    safer: byTool({ passwd: rather('passwd') }),
    example: 'passwd -d root',
  },
  {
    id: 'account-lock',
    level: 'moderate',
    why: 'Changes who can log in, perhaps root or yourself.',
    finds: `
      passwd -l|-u|--lock|--unlock|-e|--expire
      usermod -L|-U|--lock|--unlock|-e|--expiredate
      usermod root . -s|--shell
      usermod -s|--shell=*/nologin|*/false
      pam-auth-update --force|--remove|--enable|--disable
      authconfig --update|--updateall|--kickstart
      authselect select|disable-feature|apply-changes|backup-restore
      chage -E|--expiredate
      chpasswd`,
    example: 'passwd -l root',
  },
  {
    id: 'login-weaken',
    level: 'moderate',
    why: 'Lets root log in from other machines, or anybody who guesses a password.',
    finds: `
      sed|tee words<settings>? words<weak>
      _ words<settings>? input<weak>`,
    named: {
      settings: /sshd_config/,
      weak: /PermitRootLogin\s+yes|PasswordAuthentication\s+yes|PermitEmptyPasswords\s+yes|StrictModes\s+no/i,
    },
    example: "sed -i 's/PermitRootLogin no/PermitRootLogin yes/' /etc/ssh/sshd_config",
  },
  {
    id: 'sudoers-unattended',
    level: 'high',
    why: 'Lets a program, not a person in an editor, change who may become root.',
    finds: `
      visudo|sudoedit|vipw|vigr ~fed !-c|--check|-h|--help|-V|--version
      _ sets<program>`,
    named: {
      fed: (_arg, { input }) => input !== NO_OUTPUT,
      program:
        /^(?:(?:SUDO_)?EDITOR|VISUAL)=(?!(?:\S*\/)?(?:vi|vim|nvim|nano|emacs|ed|micro|code|kate|gedit|hx|joe|ne)\b(?! -c))/,
    },
    example: "EDITOR='tee -a' visudo <<< 'bob ALL=(ALL) NOPASSWD:ALL'",
  },
]
