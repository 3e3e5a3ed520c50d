import { searchAnswer, skillsAnswer } from '../../discovery/discovery.schema.js'
import { exportAnswer, receiptAnswer } from '../../profiles/me.schema.js'
import { meAnswer, nodeProfileAnswer, ownProfileAnswer } from '../../profiles/profiles.schema.js'
import type { Operation } from '../operation.js'

export const PROFILE_OPERATIONS: readonly (readonly [string, Operation])[] = [
  [
    'GET /users/me',
    {
      id: 'me',
      tag: 'Profiles',
      summary: 'The account of this session',
      answers: { 200: { description: 'The account', name: 'Me', schema: meAnswer } },
      errors: [],
    },
  ],
  [
    'GET /me/export',
    {
      id: 'exportAccount',
      tag: 'Profiles',
      summary: 'Everything the hub holds about your account',
      description:
        'As one document: every table that can hold something of an account, every row of yours, every column; what is sealed at rest is opened.',
      answers: {
        200: {
          description: 'The document',
          name: 'AccountExport',
          schema: exportAnswer,
          headers: { 'content-disposition': 'attachment' },
        },
      },
      errors: [],
    },
  ],
  [
    'DELETE /me',
    {
      id: 'deleteMe',
      tag: 'Profiles',
      summary: 'Delete your account, for a receipt',
      description:
        'As `DELETE /profile`. The receipt says how much was erased and what is kept, until when and why; the hub keeps no copy of it. Sessions that are not of a classic client need a login younger than 5 minutes.',
      answers: { 200: { description: 'Gone', name: 'Receipt', schema: receiptAnswer } },
      errors: ['fresh_login_required'],
    },
  ],
  [
    'GET /profile',
    {
      id: 'ownProfile',
      tag: 'Profiles',
      summary: 'Your profile',
      answers: { 200: { description: 'The profile', name: 'Profile', schema: ownProfileAnswer } },
      errors: ['profile_not_found'],
    },
  ],
  [
    'PUT /profile',
    {
      id: 'publishProfile',
      tag: 'Profiles',
      summary: 'Publish or replace your profile',
      answers: { 200: { description: 'As kept', name: 'Profile', schema: ownProfileAnswer } },
      errors: [],
    },
  ],
  [
    'DELETE /profile',
    {
      id: 'deleteAccount',
      tag: 'Profiles',
      summary: 'Delete your account',
      description:
        'With its nodes, profile, sessions and connections. There is no way back. Sessions that are not of a classic client need a login younger than 5 minutes.',
      answers: { 204: { description: 'Gone' } },
      errors: ['fresh_login_required'],
    },
  ],
  [
    'GET /profile/{node_id}',
    {
      id: 'profileOfNode',
      tag: 'Profiles',
      summary: 'The profile of the account that has this node',
      description:
        'It names the node to call: the account’s most recently connected one that is online, else the last registered.',
      answers: {
        200: { description: 'The profile', name: 'NodeProfile', schema: nodeProfileAnswer },
      },
      errors: ['profile_not_found'],
    },
  ],
  [
    'GET /discovery/search',
    {
      id: 'search',
      tag: 'Discovery',
      summary: 'Who is good at something',
      description:
        '`q` and `min_level` alone look for one skill, however it is spelled or cased, as classic clients do. With any other parameter `q` is free text over names, descriptions and skills, and forgives typos; `"…"` is a phrase, `-word` excludes. All of `skills` must hold. How results are ranked: docs/discovery.md.',
      answers: { 200: { description: 'Who was found', name: 'Found', schema: searchAnswer } },
      errors: ['invalid_cursor', 'found_limit'],
    },
  ],
  [
    'GET /discovery/skills',
    {
      id: 'suggestSkills',
      tag: 'Discovery',
      summary: 'Skills that begin like this',
      description:
        'As most people spell them, the most common first. Only skills of at least five people.',
      answers: { 200: { description: 'The skills', name: 'Skills', schema: skillsAnswer } },
      errors: [],
    },
  ],
]
