// Tells where Windows' own tools, and tools for Windows machines, take passwords.
import type { ToolRule } from './rule.ts'

export const WINDOWS_TOOLS: readonly ToolRule[] = [
  { tools: 'net net.exe', last: /^user$/i, between: 1, next: true, unless: /^(?:\/.*|\*)$/ },
  { tools: 'net net.exe', last: /^use$/i, unless: /^(?:\/.*|\\.*|[A-Za-z]:|[A-Za-z]:?\\.*|\*)$/s },
  { tools: 'net', after: /^rpc$/, last: /^password$/, between: 1, next: true },
  {
    tools: 'schtasks schtasks.exe signtool signtool.exe ktpass certutil setx getmac tasklist systeminfo',
    keys: '/rp /p -p',
  },
  { tools: 'sc sc.exe', keys: 'password=' },
  { tools: 'xfreerdp xfreerdp3 wlfreerdp sdl-freerdp', prefixes: '/p: /pass: /gp: /password:' },
  { tools: 'netsh netsh.exe', word: /^key(?:material)?=(?!clear$)(?<secret>.+)$/dis },
  {
    tools:
      'addcomputer.py atexec.py changepasswd.py dacledit.py dcomexec.py dpapi.py exchanger.py findDelegation.py Get-GPPPassword.py GetADUsers.py getArch.py GetLAPSPassword.py GetNPUsers.py getPac.py getST.py getTGT.py GetUserSPNs.py getTGT lookupsid.py machine_role.py mqtt_check.py mssqlclient.py mssqlinstance.py net.py netview.py ntlmrelayx.py owneredit.py ping.py psexec.py raiseChild.py rbcd.py rdp_check.py reg.py registry-read.py rpcdump.py rpcmap.py sambaPipe.py samrdump.py secretsdump.py services.py smbclient.py smbexec.py smbserver.py ticketer.py wmiexec.py wmipersist.py wmiquery.py impacket-getTGT impacket-GetUserSPNs impacket-GetNPUsers impacket-mssqlclient impacket-lookupsid impacket-samrdump impacket-rpcdump',
    word: /^(?:[\w.-]{1,64}\/[\w.$ -]{1,64}:(?<secret>[^@\s]+)(?:@[\w.-]+)?|[\w.$ -]{1,64}:(?<other>[^@\s]+)@[\w.-]+)$/d,
  },
]
