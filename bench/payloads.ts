/** What browsers put into signals: the session description of a call, and one of its addresses. */

/** Characters of the whole frame. */
const OFFER_LENGTH = 2_500

const CODECS = ['opus/48000/2', 'red/48000/2', 'G722/8000', 'PCMU/8000', 'PCMA/8000', 'CN/8000']
const VIDEO_CODECS = ['VP8/90000', 'rtx/90000', 'VP9/90000', 'H264/90000', 'AV1/90000']

const SESSION = [
  'v=0',
  'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0 1 2',
  'a=extmap-allow-mixed',
  'a=msid-semantic: WMS 8c1e6c7e-5a3f-4f7c-9d53-6cf0a4f8f2d1',
  '',
].join('\r\n')

const MEDIA = [
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  ...transport(0),
  'a=sctp-port:5000',
  'a=max-message-size:262144',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13',
  ...transport(1),
  'a=sendrecv',
  'a=rtcp-mux',
  ...CODECS.flatMap((codec, at) => [`a=rtpmap:${111 - at} ${codec}`, `a=rtcp-fb:${111 - at} nack`]),
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'm=video 9 UDP/TLS/RTP/SAVPF 96 97 98 102 45',
  ...transport(2),
  'a=sendrecv',
  ...VIDEO_CODECS.flatMap((codec, at) => [
    `a=rtpmap:${96 + at} ${codec}`,
    `a=rtcp-fb:${96 + at} goog-remb`,
    `a=rtcp-fb:${96 + at} transport-cc`,
    `a=rtcp-fb:${96 + at} ccm fir`,
  ]),
]

function transport(mid: number): string[] {
  return [
    'c=IN IP4 0.0.0.0',
    'a=ice-ufrag:F7gI',
    'a=ice-pwd:x9cml/YzichV2+XlhiMu8g3T',
    'a=ice-options:trickle',
    'a=fingerprint:sha-256 19:E2:1C:3B:4B:9F:81:E6:B8:5C:F4:A5:A8:D8:73:04:BB:05:2F:70:9F:04:A9:0E:05:E9:26:33:E8:70:88:A2',
    'a=setup:actpass',
    `a=mid:${mid}`,
  ]
}

export type Kind = 'offer' | 'candidate'

/** What browsers say to each other. */
export const payloads: Readonly<Record<Kind, unknown>> = {
  offer: offer(),
  candidate: {
    type: 'candidate',
    candidate: {
      candidate:
        'candidate:842163049 1 udp 1677729535 203.0.113.77 50123 typ srflx raddr 192.168.1.5 rport 50123',
      sdpMid: '0',
      sdpMLineIndex: 0,
    },
  },
}

/** As much of a session description as makes a classic frame of 2.5 kB. */
function offer(): unknown {
  let sdp = SESSION
  for (let line = 0; classicLength(sdp) < OFFER_LENGTH; line++) {
    sdp += (MEDIA[line] ?? `a=ssrc:${3_735_928_559 - line} cname:jW4nQ7kVb2cXq9Ls`) + '\r\n'
  }
  return { type: 'offer', sdp }
}

function classicLength(sdp: string): number {
  const payload = { type: 'offer', sdp }
  const target = `dpc-node-${'0'.repeat(32)}`
  return JSON.stringify({ type: 'signal', target_node_id: target, payload }).length
}
