// Tells where clients of the web, of remote shells and of directories take passwords.
import type { ToolRule } from './rule.ts'

export const NETWORK_TOOLS: readonly ToolRule[] = [
  {
    tools: 'curl',
    flags: 'sSfkLvigGIjlnNOqRZJBaM0123469#',
    pair: 'uUE',
    pairLong: 'user proxy-user cert proxy-cert',
  },
  { tools: 'curl', flags: 'sSfkLvigGI', pair: 'b', pairLong: 'cookie', separator: '=' },
  { tools: 'http https xh xhs', pair: 'a', pairLong: 'auth' },
  {
    tools: 'smbclient smbget rpcclient net winexe smbcacls wbinfo',
    pair: 'Ua',
    pairLong: 'user',
    separator: '%',
  },
  { tools: 'lftp open', pair: 'u', pairLong: 'user', separator: ',' },
  { tools: 'sshpass', leading: true, secret: 'p' },
  {
    tools: 'ldapsearch ldapmodify ldapadd ldapdelete ldappasswd ldapwhoami ldapmodrdn ldapcompare',
    flags: 'xZvn',
    secret: 'w',
  },
  { tools: 'ldappasswd', secret: 'as' },
  { tools: 'xfreerdp xfreerdp3 wlfreerdp rdesktop', prefixes: '/p:', secret: 'p' },
  { tools: 'snmpget snmpwalk snmpset snmpbulkwalk', secret: 'AXc' },
  { tools: 'ssh-keygen', secret: 'NP' },
  {
    // A proxy or host without a scheme: `curl -x me:pw@proxy:3128`.
    tools: 'curl wget',
    word: /^[^\s/:@=?&#]{1,128}:(?<secret>[^\s/@]+)@[\w.-]+(?::\d+)?(?:\/|$)/d,
  },
  { tools: 'http https xh xhs', after: /^(?:--auth-type=|-A)?bearer$/, secret: 'a', secretLong: 'auth' },
  { tools: 'ab', pair: 'AP' },
  { tools: 'hey wscat jenkins-cli.jar jenkins-cli', pair: 'a', pairLong: 'auth' },
  { tools: 'ncftpput ncftpget ncftp crackmapexec nxc netexec evil-winrm racadm rustdesk', secret: 'p' },
  {
    tools:
      'secretsdump.py psexec.py wmiexec.py smbexec.py smbclient.py GetUserSPNs.py impacket-secretsdump impacket-psexec impacket-wmiexec impacket-smbexec impacket-smbclient',
    word: /^(?:[\w.-]{1,64}\/)?[\w.$-]{1,64}:(?<secret>.+)@[\w.-]+$/ds,
  },
  { tools: 'kadmin kadmin.local dsconf dsctl', secret: 'w' },
  { tools: 'samba-tool', after: /^user$/, last: /^(?:create|add)$/, between: 1 },
  { tools: 'swaks sendemail sendEmail', keys: '-ap -xp' },
  { tools: 'mosquitto_passwd', last: /^-[A-Za-z]*b/, between: 2 },
]
