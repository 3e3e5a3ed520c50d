/**
 * What people do with their skills: only their descriptions tell it. Each is said in several ways, with
 * the same word in other forms, so a search must know that "satellites" is "satellite".
 */
export const TOPICS: Readonly<Record<string, readonly string[]>> = {
  satellites: [
    'Builds small satellites.',
    'Runs a satellite ground station.',
    'Tracks every satellite that passes over the house.',
  ],
  telemedicine: [
    'Working on telemedicine for villages.',
    'Ten years in telemedicine.',
    'Telemedicine consultant for rural clinics.',
  ],
  lighthouses: [
    'Restores old lighthouses.',
    'Keeps a lighthouse on the coast.',
    'Lives in a lighthouse, really.',
  ],
  'wind turbines': [
    'Maintains wind turbines.',
    'Designs a wind turbine for small farms.',
    'Measures the noise of wind turbines.',
  ],
  museums: [
    'Makes exhibitions for museums.',
    'Digitises the archive of a museum.',
    'Volunteers in the railway museum.',
  ],
  refugees: [
    'Helps refugees to find work.',
    'Teaches refugee children.',
    'Organises housing for refugees.',
  ],
  hospitals: [
    'Keeps the servers of a hospital alive.',
    'Writes software for hospitals.',
    'Night shifts in a children’s hospital.',
  ],
  subtitles: [
    'Makes subtitles for documentaries.',
    'Subtitling films since 2009.',
    'Will subtitle your talk.',
  ],
  'medieval manuscripts': [
    'Transcribes medieval manuscripts.',
    'Every medieval manuscript is a friend.',
    'Catalogues medieval manuscripts for a library.',
  ],
  'cargo bikes': [
    'Builds cargo bikes from scrap.',
    'Delivers vegetables by cargo bike.',
    'Runs a workshop for cargo bikes.',
  ],
  'disaster relief': [
    'Radio operator in disaster relief.',
    'Disaster relief logistics.',
    'Trains volunteers for disaster relief.',
  ],
  theatres: [
    'Lights for small theatres.',
    'Stage technician at a theatre.',
    'Writes plays for youth theatre.',
  ],
  synthesizers: [
    'Repairs vintage synthesizers.',
    'Collects synthesizers nobody wants.',
    'Built a modular synthesizer.',
  ],
  typewriters: [
    'Repairs typewriters.',
    'Owns a typewriter for each mood.',
    'Writes letters on a typewriter.',
  ],
  greenhouses: [
    'Automates greenhouses.',
    'Grows tomatoes in a greenhouse.',
    'Sensors for greenhouses.',
  ],
  podcasts: [
    'Hosts a podcast about old maps.',
    'Edits podcasts for friends.',
    'Podcasting on Sundays.',
  ],
  marathons: ['Runs marathons.', 'Training for a marathon.', 'Paces slow marathon runners.'],
  'coral reefs': [
    'Counts fish on coral reefs.',
    'Coral reef restoration.',
    'Maps coral reefs from the air.',
  ],
  elections: [
    'Observes elections.',
    'Checked the software of an election.',
    'Counts votes at every election.',
  ],
  trains: [
    'Timetables for night trains.',
    'Drives a steam train at weekends.',
    'Signals and brakes of trains.',
  ],
  insurance: [
    'Worked for insurance companies.',
    'Fraud detection in insurance.',
    'Insurance claims, twelve years.',
  ],
  startups: [
    'Founder of two startups.',
    'Advises startups on their first hires.',
    'Left a startup, looking around.',
  ],
  bats: ['Records the calls of bats.', 'Puts up boxes for bats.', 'Bat surveys at night.'],
  archaeology: [
    'Digs for an archaeology department.',
    'Archaeology of Roman roads.',
    'Drone pictures for archaeology.',
  ],
}

/** Places of work whose names are words of another kind: noise that a search must not rank above skills. */
export const EMPLOYERS: readonly string[] = [
  'Excelsior Hotel Supplies',
  'The Scale Factory',
  'Rest Easy Hotels',
  'Swift Couriers',
  'Spring Meadow Farm',
  'Ruby Lane Books',
  'Rusty Anchor Shipyard',
  'Flask & Barrel',
  'Kernel Bakery',
  'Unity Church Choir',
  'Dartmoor Council',
  'Docklands Library',
  'Node 7 Coworking',
  'Angular Momentum Gym',
]

/** What people say that tells nothing. */
export const FILLERS: readonly string[] = [
  'Happy to help.',
  'Ask me anything.',
  'Mostly online in the evening.',
  'Please write before you call.',
  'Slow to answer, but I do.',
  'Father of three.',
  'Coffee first.',
  'Semi-retired.',
  'Looking for people to learn with.',
  'No recruiters.',
  'Curious about everything.',
  'Weekends only.',
]
