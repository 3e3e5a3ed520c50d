import { OAuthCaseList, type Expected, TO_PROVIDER, type OAuthFile } from './oauth-case.js'

const REFUSED: Expected = {
  status: 400,
  error: 'invalid_request',
  code: 'invalid_redirect_uri',
}
const RFC8252 = 'RFC 8252 §7.3'
const RFC9700 = 'RFC 9700 §2.1, §4.1: exact string matching'
const OIDC = 'node-oidc-provider test/oauth_native_apps'

/** O4: where a client may be answered. */
export function redirectCases(): OAuthFile {
  const list = new OAuthCaseList('O4', 'redirect addresses', RFC9700)
  const add = (expect: Expected, client: string, uri: string, why: string, source: string): void =>
    list.add({
      request: { do: 'begin', query: { client_id: client, redirect_uri: uri } },
      expect,
      why,
      source,
    })
  const good = (uri: string, why: string, source = RFC8252): void =>
    add(TO_PROVIDER, 'desktop', uri, why, source)
  const bad = (uri: string, why: string, source = RFC9700): void =>
    add(REFUSED, 'desktop', uri, why, source)
  addGood(good)
  addOtherHosts(bad)
  addOtherSchemes(bad)
  addOtherPorts(bad)
  addOtherPaths(bad)
  addOtherCharacters(bad)
  addWeb((expect, uri, why) => add(expect, 'web', uri, why, RFC9700))
  addMissing(list)
  return list.file
}

type Add = (uri: string, why: string, source?: string) => void

function addGood(good: Add): void {
  good('http://127.0.0.1:49152/callback', 'the loopback literal with a port the system gave')
  good('http://127.0.0.1:1/callback', 'the lowest port', OIDC)
  good('http://127.0.0.1:65535/callback', 'the highest port', OIDC)
  good('http://127.0.0.1:80/callback', 'the usual port, written out')
  good('http://127.0.0.1/callback', 'no port', OIDC)
  good('http://127.0.0.1', 'neither port nor path')
  good('http://127.0.0.1:5000', 'a port and no path')
  good('http://127.0.0.1:5000/', 'the root')
  good('http://[::1]:49152/callback', 'the same over IPv6', OIDC)
  good('http://[::1]/callback', 'IPv6 without a port', OIDC)
  good('http://[::1]', 'IPv6, neither port nor path')
  good('http://127.0.0.1:5000/cb', 'a registered path')
  good('http://127.0.0.1:5000/auth/callback', 'a registered path')
  good('http://127.0.0.1:5000/oauth/callback', 'a registered path')
  good('http://[::1]:5000/oauth2/callback', 'a registered path')
}

function addOtherHosts(bad: Add): void {
  bad('http://evil.example/callback', 'another host')
  bad('https://evil.example/callback', 'another host with TLS')
  bad('http://localhost:5000/callback', 'localhost may lead elsewhere', 'RFC 8252 §8.3')
  bad('http://LOCALHOST:5000/callback', 'the same, shouted', 'RFC 8252 §8.3')
  bad('http://127.0.0.1.evil.example/callback', 'a host that begins as the literal does')
  bad('http://127.0.0.1-evil.example/callback', 'the same with a hyphen')
  bad('http://evil.example/127.0.0.1/callback', 'the literal in the path')
  bad('http://127.0.0.1@evil.example/callback', 'the literal as a user name')
  bad('http://127.0.0.1:80@evil.example/callback', 'the literal as user name and password')
  bad('http://127.0.0.1:5000%40evil.example/callback', 'the same, escaped')
  bad('http://evil.example@127.0.0.1/callback', 'a user name before the literal')
  bad('http://:@127.0.0.1/callback', 'an empty user name and password')
  bad('http://127.0.0.2:5000/callback', 'another address of this machine')
  bad('http://127.1:5000/callback', 'the literal in its short spelling')
  bad('http://127.0.1:5000/callback', 'the literal in three parts')
  bad('http://0x7f.0.0.1:5000/callback', 'the literal in hex')
  bad('http://0x7f000001:5000/callback', 'the literal as one hex number')
  bad('http://0177.0.0.1:5000/callback', 'the literal in octal')
  bad('http://2130706433:5000/callback', 'the literal as one number')
  bad('http://127.0.0.01:5000/callback', 'the literal with a leading zero')
  bad('http://127.0.0.1.:5000/callback', 'a final dot', OIDC)
  bad('http://127.0.0.1..:5000/callback', 'two of them')
  bad('http://0.0.0.0:5000/callback', 'every address of this machine')
  bad('http://0:5000/callback', 'the same, short')
  bad('http://[::]:5000/callback', 'the same over IPv6')
  bad('http://::1:5000/callback', 'IPv6 without brackets')
  bad('http://[0:0:0:0:0:0:0:1]:5000/callback', 'IPv6 loopback, long')
  bad('http://[::01]:5000/callback', 'IPv6 loopback with a leading zero')
  bad('http://[::ffff:127.0.0.1]:5000/callback', 'IPv4 in IPv6')
  bad('http://[::1%25lo]:5000/callback', 'IPv6 with a zone', 'RFC 6874')
  bad('http://[::1].evil.example/callback', 'a name after the brackets')
  bad('http://%31%32%37.0.0.1:5000/callback', 'the literal, escaped')
  bad('http://１２７.0.0.1:5000/callback', 'the literal in full width digits', 'UTS #46')
  bad('http://127。0。0。1:5000/callback', 'ideographic full stops', 'UTS #46')
  bad('http://127.0.0.\u00ad1:5000/callback', 'a soft hyphen that readers of URLs drop', 'UTS #46')
}

function addOtherSchemes(bad: Add): void {
  bad('https://127.0.0.1:5000/callback', 'https on loopback', OIDC)
  bad('HTTP://127.0.0.1:5000/callback', 'the scheme shouted')
  bad('ws://127.0.0.1:5000/callback', 'a socket')
  bad('com.example.app:/callback', 'a scheme of an app’s own: none is registered', 'RFC 8252 §7.1')
  bad('javascript:alert(1)//http://127.0.0.1/callback', 'a script')
  bad('data:text/html,http://127.0.0.1/callback', 'a page in the address')
  bad('file:///callback', 'a file')
  bad('urn:ietf:wg:oauth:2.0:oob', 'out of band', 'RFC 8252 Appendix B.3')
  bad('//127.0.0.1:5000/callback', 'no scheme')
  bad('127.0.0.1:5000/callback', 'no scheme and no slashes')
  bad('/callback', 'a path')
  bad('http:127.0.0.1/callback', 'a scheme without slashes')
  bad('http:/127.0.0.1/callback', 'one slash')
  bad('http:///127.0.0.1/callback', 'three slashes')
  bad('http:\\\\127.0.0.1\\callback', 'backslashes')
  bad('http://127.0.0.1\\@evil.example/callback', 'a backslash that ends the host for some')
}

function addOtherPorts(bad: Add): void {
  bad('http://127.0.0.1:0/callback', 'port 0', OIDC)
  bad('http://127.0.0.1:65536/callback', 'a port there is not')
  bad('http://127.0.0.1:4294967377/callback', 'a port that wraps around to 81')
  bad('http://127.0.0.1:/callback', 'a colon and no port', OIDC)
  bad('http://127.0.0.1::/callback', 'two colons', OIDC)
  bad('http://127.0.0.1:00080/callback', 'leading zeros', OIDC)
  bad('http://127.0.0.1:+80/callback', 'a sign')
  bad('http://127.0.0.1:80:80/callback', 'two ports')
  bad('http://127.0.0.1:８０/callback', 'a port in full width digits')
  bad('http://127.0.0.1:5e3/callback', 'a port with an exponent')
}

function addOtherPaths(bad: Add): void {
  bad('http://127.0.0.1:5000/other', 'a path that is not registered')
  bad('http://127.0.0.1:5000/callback/', 'a slash at the end')
  bad('http://127.0.0.1:5000//callback', 'a slash too many')
  bad('http://127.0.0.1:5000//evil.example/callback', 'what looks like another host')
  bad('http://127.0.0.1:5000/Callback', 'paths have case')
  bad('http://127.0.0.1:5000/callback/../other', 'a step up')
  bad('http://127.0.0.1:5000/./callback', 'a step on the spot')
  bad('http://127.0.0.1:5000/other/%2e%2e/callback', 'an escaped step up')
  bad('http://127.0.0.1:5000/%63allback', 'an escaped letter')
  bad('http://127.0.0.1:5000/auth%2Fcallback', 'an escaped slash')
  bad('http://127.0.0.1:5000/callback;x=1', 'a path parameter')
  bad('http://127.0.0.1:5000/callback?', 'an empty query')
  bad('http://127.0.0.1:5000/callback?next=http://evil.example', 'a query')
  bad('http://127.0.0.1:5000/callback?code=chosen', 'a code of somebody’s choice', 'RFC 9700 §4.5')
  bad('http://127.0.0.1:5000/callback#', 'an empty fragment', 'RFC 6749 §3.1.2')
  bad('http://127.0.0.1:5000/callback#access_token=x', 'a fragment', 'RFC 6749 §3.1.2')
  bad(`http://127.0.0.1:5000/${'a'.repeat(4_000)}`, 'a path of 4,000 characters')
}

function addOtherCharacters(bad: Add): void {
  bad(' http://127.0.0.1:5000/callback', 'a space before it')
  bad('http://127.0.0.1:5000/callback ', 'a space behind it')
  bad('http://127.0.0.1:5000/call\tback', 'a tab that readers of URLs drop', 'URL Standard §4.4')
  bad('http://127.0.0.1:5000/callback\n', 'a line feed at the end, where `$` of a pattern holds too')
  bad('http://127.0.0.1:5000/callback\r\nSet-Cookie: a=b', 'a header of one’s own', 'CWE-113')
  bad('http://127.0.0.1:5000/callback%0d%0aSet-Cookie:%20a=b', 'the same, escaped once more', 'CWE-113')
  bad('http://127.0.0.1:5000/callback\0', 'NUL')
  bad('http://127.0.0.1:5000/callback\u202e', 'a mark that turns the text around')
  bad('http://127.0.0.1:5000/\ud83d\ude00', 'a path outside ASCII')
  bad('"http://127.0.0.1:5000/callback"', 'quotation marks')
  bad('http://127.0.0.1:5000/callback,http://evil.example/', 'two addresses in one')
}

function addWeb(add: (expect: Expected, uri: string, why: string) => void): void {
  add(TO_PROVIDER, '{hub}/console/callback', 'the console’s own address')
  add(REFUSED, '{hub}/console/callback/', 'with a slash behind it')
  add(REFUSED, '{hub}/console/callback?x=1', 'with a query')
  add(REFUSED, '{hub}/console/callback#x', 'with a fragment')
  add(REFUSED, '{hub}/console', 'a prefix of it')
  add(REFUSED, '{hub}', 'the hub itself')
  add(REFUSED, '{hub}/console/../console/callback', 'by a detour')
  add(REFUSED, '{hub}.evil.example/console/callback', 'another host that begins the same')
  add(REFUSED, 'https://evil.example/console/callback', 'another host')
  add(REFUSED, 'http://127.0.0.1:5000/callback', 'the desktop client’s address')
  add(REFUSED, '/console/callback', 'the path alone')
}

function addMissing(list: OAuthCaseList): void {
  const add = (query: Record<string, string | null | string[]>, why: string, more?: string): void =>
    list.add({
      request: { do: 'begin', query, ...(more === undefined ? {} : { more }) },
      expect: REFUSED,
      why,
      source: 'RFC 6749 §3.1, §4.1.2.1',
    })
  add({ redirect_uri: null }, 'none, though the client may have been meant to have just one')
  add({ redirect_uri: '' }, 'an empty one')
  add({ redirect_uri: ['{mine.redirect_uri}', '{mine.redirect_uri}'] }, 'a good one twice')
  add({ redirect_uri: ['{mine.redirect_uri}', 'http://evil.example/'] }, 'a good one, then another')
  add({ redirect_uri: ['http://evil.example/', '{mine.redirect_uri}'] }, 'another, then a good one')
  add({ redirect_uri: null }, 'a list in the way of some frameworks', '&redirect_uri[]=http://127.0.0.1:5000/callback')
  add({ redirect_uri: null, Redirect_Uri: '{mine.redirect_uri}' }, 'names of parameters have case')
  add({ redirect_uri: '{hub}/console/callback' }, 'the console’s address for the desktop client')
}
