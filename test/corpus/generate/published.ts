import type { JsonWebKey } from 'node:crypto'

/**
 * Keys that others published, as JWK members: weak ones to test detectors with, and examples whose
 * private half stands beside them. Addresses are the cases' `source`.
 */

export const PUBLISHED_PRIME =
  'qQSg27883tGr5jtyOaZkEn597cuw1Wz4wWuFp1quvHOyiMId7L7mKHh2G-WQaEEBKl2A_M_tXgdfbrY0NnW3SMIZ9PMTWJNjtAqjBKVBDXDJbJhOpvyagL4HBKR6cnB0TE-3m0co6o98xRT7eFBP4V9WyZYIG15XDruFvGkgeqmXefqf5BB5Erquu6RePYNt25I3SFM12kZTW-HcrDyj34CO4Jxkw5JI5bUtP9wV5ocr_Z5FmvmIDi3eNbHBVteLN3BIuFax8JQvpcdwEjy7Qdro5Ad3a3Ld4__2Vn_mAkGPop_HmJmewI1poiKh-VgF87bloijO-izBYk_eo9ZWWQ'
export const PUBLISHED_ROCA =
  'kTKtIR_MDftNrkgyashkwifks5Swm9HEkw4ZcCijyQdpTStInk9pdUrq4zjG6tk5xX9AaYXLu47fmiBVzClGvAXTZbpn6JbG1IERUs-i0pBRT5CzUu7vJ_63L72NzVvJFaT0SUE5zByhCjJE-pflMnX1e1UptOdnN5AHeY4RKkugVse3XO2xMs3yH3vTyZdtnaOIFRU0d6E7PrsgRtEAqFHcAGmPUw0ZOW8A--8sS_FlnrxMf9lVa1_8k_A8otPfrNIipfAoq0MKJ-oxE2wML1DDxIGTGmNaN3gPANJyeuca7ptA-NGq5oU1x3pWMXgSvrVSXUooNk8xIkrKxSz3LQ'
export const PUBLISHED_ROCA_MOD03 =
  'nc10IOQgwnCmgGDri1qnRXqfZkj4b6_tJ3XMH3muli8eY_G55RxV-epv3HMy6bAFjJ_y6x_ImFUCnPaq_iHmif6zisn_sS8c43G7XQ6armQWGrznS0JEv2jx7bRBH3VqCXyJKcFHQCReo1X4My0ao2u1DH3LRQXajeAuTlPTj43wYJfadSTfDfk9tI6sjMSvLToWJX6ysq3Ka6Rk5ZdPqSVQ0xsbq_Fh52ktALhuPdiG7KtKv74aj4zCY_9K9VzbRfQkmlGTkl9emD12LwtoAJQ-sCZ7CPQu0xHOH1yG6svIzk08t6L-4e9WQUI6HPQRTl7PUANKYKQSUjr55vSqEQ'
export const PUBLISHED_FERMAT =
  'xc1QiNhD53aFsKSDO8zRjC5z0YxApzHZHq8xPMO471D7WIR1tM3IewQaw_TlVjHOWF7sp3LWw_L5EmXvRlTgxXD6KpPQEO4vgN4PUt-Te6pMvuLEDRP8dfPW_1L9W5grR3_ZcKm5xK19r1GfPFaZHo2nHXYUsMzfFQeJvYuBbb6XcQ3J3o7tv6Uk22y3vQhHqwgpy_mGuK4AC5RT7agK0-rH7cuHuILQ-hiORfMcfMWA3lGKROx03sxRvDumiuAhAyGI2iUuxtzjqMS88wF5Yi3WKyf1QhkqnMWKtGph_JXoCtDEO7s7j550UxUf0AI4vOvohLVW5tCSjgLarym6Xw'

export const COMPROMISED_RSA: Readonly<Record<string, string>> = {
  'jwt.io, the RS256 example':
    'u1SU1LfVLPHCozMxH2Mo4lgOEePzNm0tRgeLezV6ffAt0gunVTLw7onLRnrq0_IzW7yWR7QkrmBL7jTKEn5u-qKhbwKfBstIs-bMY2Zkp18gnTxKLxoS2tFczGkPLPgizskuemMghRniWaoLcyehkd3qqGElvW_VDL5AaWTg0nLVkjRo9z-40RQzuVaE8AkAFmxZzow3x-VJYKdjykkJ0iT9wCS0DRTXu269V264Vf_3jvredZiKRkgwlL9xNAwxXFg0x_XFw005UWVRIkdgcKWTjpBP2dPwVZ4WWC-9aGVd-Gyn1o0CLelf4rEjGoXbAAEgAqeGUxrcIlbjXfbcmw',
  'RFC 7515 A.2':
    'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ',
  'RFC 7516 A.1':
    'oahUIoWw0K0usKNuOR6H4wkf4oBUXHTxRvgb48E-BVvxkeDNjbC4he8rUWcJoZmds2h7M70imEVhRU5djINXtqllXI4DFqcI1DgjT9LewND8MW2Krf3Spsk_ZkoFnilakGygTwpZ3uesH-PFABNIUYpOiN15dsQRkgr0vEhxN92i2asbOenSZeyaxziK72UwxrrKoExv6kc5twXTq4h-QChLOln0_mtUZwfsRaMStPs6mS6XrgxnxbWhojf663tuEQueGC-FCMfra36C9knDFGzKsNa7LZK2djYgyD3JR_MB_4NUJW_TqOQtwHYbxevoJArm-L5StowjzGy-_bq6Gw',
  'RFC 7517 A.1':
    '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
  'RFC 7520 §3.4':
    'n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw',
  'badkeys tests/data/rsa-debianweak.key (CVE-2008-0166)':
    'wJZTDExKND_DiP-LbhTIi2F0hZZt0PdX897LLwPf3-b1GOCUj1OHBZvVqhJPJtOPE53W68I0NgVhaJdY6bFOA_cUUIFnN0y_ZOJOJsPNle1aXQTjxAS-FXu4CQ6a2pzcU-9-gGwed7XxAkIVCiTprfmRCI2vIKdb61S8kf5D3YdVRH_Tq977nxyYeosEGYJFBOIT-N0mqca37S8hA9hCJyD3p0AM40dD5M5ARAxpAT7-oqOXkPzfzLtCTaHYJK3-WAce121Br4NuQJPqYPVxniUPohT4YxFTqB7vwX2C4_gZ2ldpHtlgJVAHT96nOsnlz-EPa5GtwxtALD43CwOlWQ',
}

export const COMPROMISED_JWK: Readonly<Record<string, JsonWebKey>> = {
  'RFC 7515 A.3': {
    kty: 'EC',
    crv: 'P-256',
    x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  },
  'RFC 7517 A.1': {
    kty: 'EC',
    crv: 'P-256',
    x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
    y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
  },
  'RFC 8037 A.1 (RFC 8032 §7.1 TEST 1)': {
    kty: 'OKP',
    crv: 'Ed25519',
    x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  },
  'RFC 8410 §10.3': {
    kty: 'OKP',
    crv: 'Ed25519',
    x: 'Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE',
  },
}
