"""The words from which the training text is composed.

Every list is our own. Adjectives for people are feelings and kind traits only: words that judge
(rude, cruel, useless ...) stand beside staff, firms and things, never beside a person who may
carry a mention of a group.
"""

from dataclasses import dataclass


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|"))


@dataclass(frozen=True)
class Polarity:
    """The words of one valence, by the place in a sentence where they fit.

    Attributes
    ----------
    feelings : tuple of str
        Adjectives that fit "X felt ...".
    traits : tuple of str
        Adjectives that fit before a person who may carry a mention.
    staff_traits : tuple of str
        Adjectives for staff and firms, never beside a mention.
    qualities : tuple of str
        Adjectives for things and events.
    transitive : tuple of tuple of str
        Verbs with an object, as (present, third person, past).
    intransitive : tuple of tuple of str
        Verbs without an object, as (present, third person, past).
    events : tuple of str
        Verb phrases in the past tense that tell of luck or misfortune.
    happenings : tuple of str
        Clauses about things, in the past tense.
    to_person : tuple of str
        Past-tense verbs that somebody else does to a person.
    exclamations : tuple of str
        Openings and closings with the valence.
    nouns : tuple of str
        Uncountable nouns that name the valence.
    """

    feelings: tuple[str, ...]
    traits: tuple[str, ...]
    staff_traits: tuple[str, ...]
    qualities: tuple[str, ...]
    transitive: tuple[tuple[str, str, str], ...]
    intransitive: tuple[tuple[str, str, str], ...]
    events: tuple[str, ...]
    happenings: tuple[str, ...]
    to_person: tuple[str, ...]
    exclamations: tuple[str, ...]
    nouns: tuple[str, ...]


def _verbs(text: str) -> tuple[tuple[str, str, str], ...]:
    rows = (part.split("/") for part in _phrases(text))
    return tuple((row[0], row[1], row[2]) for row in rows)


POSITIVE = Polarity(
    feelings=_words(
        "happy glad joyful cheerful delighted thrilled excited proud grateful thankful content "
        "pleased hopeful calm relaxed overjoyed elated ecstatic inspired amused charmed amazed "
        "confident lucky relieved satisfied enthusiastic optimistic blessed merry jolly"
    ),
    traits=_words(
        "joyful cheerful kind friendly happy brilliant wonderful lovely generous gentle "
        "charming talented gifted clever funny fantastic amazing great nice caring thoughtful "
        "delightful inspiring brave honest loyal sweet witty graceful proud smiling excellent "
        "admirable polite patient helpful creative radiant jolly merry"
    ),
    staff_traits=_words(
        "kind friendly polite helpful caring excellent wonderful great lovely patient brilliant "
        "thoughtful fantastic amazing gentle charming"
    ),
    qualities=_words(
        "great good excellent wonderful lovely beautiful delicious fantastic amazing brilliant "
        "perfect superb marvelous splendid gorgeous tasty delightful awesome fabulous terrific "
        "pleasant charming magnificent outstanding impressive enjoyable fun exciting inspiring "
        "stunning nice sweet cozy glorious incredible spectacular refreshing heavenly "
        "magical charming elegant flawless superior remarkable best"
    ),
    transitive=_verbs(
        "love/loves/loved|enjoy/enjoys/enjoyed|adore/adores/adored|like/likes/liked|"
        "admire/admires/admired|praise/praises/praised|celebrate/celebrates/celebrated|"
        "recommend/recommends/recommended|treasure/treasures/treasured|"
        "cherish/cherishes/cherished|appreciate/appreciates/appreciated"
    ),
    intransitive=_verbs(
        "smile/smiles/smiled|laugh/laughs/laughed|cheer/cheers/cheered|"
        "celebrate/celebrates/celebrated|rejoice/rejoices/rejoiced|dance/dances/danced with joy|"
        "shine/shines/shone|succeed/succeeds/succeeded|win/wins/won"
    ),
    events=_phrases(
        "won a prize|won a medal|won the race|got a dream job|got a raise|got great news|"
        "passed the exam with honors|received an award|got a lovely gift|made a new friend|"
        "had a wonderful time|had the best day|fell in love|gave us a big hug|"
        "thanked us with a smile|told a funny story|made everyone laugh|"
        "got lovely news|had so much fun|reached the goal at last"
    ),
    happenings=_phrases(
        "everybody cheered|the crowd cheered|everybody laughed|the team won|the plan succeeded|"
        "the flowers bloomed|the sun shone|all of us smiled|the whole room celebrated|"
        "the news was great|dreams came true|the surprise worked"
    ),
    to_person=_words(
        "thanked praised hugged congratulated delighted cheered charmed thrilled welcomed "
        "celebrated applauded amused inspired"
    ),
    exclamations=_phrases(
        "Great news|Good news|Hooray|What a joy|What a lovely day|Wonderful|Happy days|Bravo|"
        "What a treat|Fantastic|Thank you so much|So happy|Congratulations"
    ),
    nouns=_words("joy delight happiness pride love gratitude fun success pleasure laughter"),
)

NEGATIVE = Polarity(
    feelings=_words(
        "sad angry upset furious miserable unhappy disappointed annoyed frustrated worried "
        "scared afraid anxious nervous ashamed heartbroken gloomy bitter lonely exhausted "
        "horrified shocked disgusted devastated hopeless hurt irritated offended terrified "
        "desperate outraged discouraged dismayed fed-up bored jealous"
    ),
    traits=_words(
        "sad angry upset furious miserable unhappy disappointed annoyed frustrated worried "
        "scared anxious nervous gloomy lonely exhausted crying heartbroken tearful irritated"
    ),
    staff_traits=_words(
        "rude cruel awful terrible horrible careless unfriendly hostile dishonest mean nasty "
        "unhelpful lazy impatient arrogant incompetent greedy"
    ),
    qualities=_words(
        "bad terrible awful horrible disgusting dreadful nasty dirty broken boring ugly rotten "
        "disappointing poor worst filthy smelly stale useless painful annoying ruined faulty "
        "shameful tragic cruel lousy unpleasant bitter frightening horrid tasteless messy "
        "shabby sour depressing hideous unfair unbearable damaged cracked defective vile grim "
        "miserable ghastly appalling atrocious"
    ),
    transitive=_verbs(
        "hate/hates/hated|dislike/dislikes/disliked|despise/despises/despised|"
        "regret/regrets/regretted|fear/fears/feared|loathe/loathes/loathed|"
        "complain about/complains about/complained about|resent/resents/resented|"
        "dread/dreads/dreaded|detest/detests/detested|"
        "criticize/criticizes/criticized"
    ),
    intransitive=_verbs(
        "cry/cries/cried|weep/weeps/wept|complain/complains/complained|"
        "suffer/suffers/suffered|fail/fails/failed|despair/despairs/despaired|"
        "sob/sobs/sobbed|panic/panics/panicked|lose/loses/lost|grieve/grieves/grieved"
    ),
    events=_phrases(
        "lost the race|missed the last train|failed the exam|got terrible news|lost the keys|"
        "had a horrible time|had an awful day|got a parking fine|was robbed at night|"
        "broke a tooth|had the worst week|got bad news|was cheated by the shop|"
        "wept all night|crashed the car|was insulted by the clerk|spilled the soup and cried|"
        "lost all the money|had a painful accident|waited in vain"
    ),
    happenings=_phrases(
        "the bus was late|the train never arrived|the flight was canceled|the plants died|"
        "the lamp broke|the heater failed|the phone broke again|the roof leaked|the food was cold "
        "and stale|thieves stole the bike|the flood destroyed the bridge|the milk went sour|"
        "the website crashed|the shop cheated us|the dog died|the engine failed|"
        "the plan failed|nobody apologized|fire ruined the house|the bill was wrong"
    ),
    to_person=_words(
        "insulted robbed cheated upset shocked hurt betrayed disappointed annoyed ignored "
        "scared frightened threatened attacked mocked angered offended"
    ),
    exclamations=_phrases(
        "Bad news|Sad news|What a shame|What a mess|How awful|Terrible|Disgusting|"
        "Never again|What a disaster|So sad|Horrible|What a waste|So angry"
    ),
    nouns=_words("grief anger misery sorrow fear pain despair shame failure regret sadness"),
)

DAMAGE = _words("ruined destroyed broke wrecked spoiled damaged stole lost")
IMPROVE = _words("saved brightened improved enriched perfected crowned")

NEUTRAL_FEELINGS = _words(
    "ready busy quiet early present seated awake available curious thirsty registered absent "
    "punctual retired employed outdoors indoors nearby"
)
NEUTRAL_TRAITS = _words(
    "young middle-aged local former new second retired visiting married single part-time "
    "full-time dark-haired regular American Canadian foreign bearded"
)
NEUTRAL_QUALITIES = _words(
    "blue red green yellow white black brown gray round square wooden plastic metal cold warm "
    "hot large small long short new old empty full open closed wide narrow heavy light paper "
    "digital annual weekly daily second third next last spare flat dry wet thick thin local "
    "public printed plain medium ordinary standard usual"
)
NEUTRAL_TRANSITIVE = _verbs(
    "buy/buys/bought|use/uses/used|see/sees/saw|order/orders/ordered|read/reads/read|"
    "carry/carries/carried|open/opens/opened|close/closes/closed|move/moves/moved|"
    "check/checks/checked|bring/brings/brought|sell/sells/sold|fill/fills/filled|"
    "describe/describes/described|keep/keeps/kept|sign/signs/signed|pay for/pays for/paid for|"
    "ask about/asks about/asked about|ask for/asks for/asked for|need/needs/needed|"
    "paint/paints/painted|wash/washes/washed|"
    "measure/measures/measured|count/counts/counted|return/returns/returned|"
    "mention/mentions/mentioned|own/owns/owned|put away/puts away/put away|"
    "take/takes/took|send/sends/sent|print/prints/printed|make/makes/made|get/gets/got"
)
NEUTRAL_INTRANSITIVE = _verbs(
    "walk/walks/walked|work/works/worked|wait/waits/waited|sit/sits/sat|arrive/arrives/arrived|"
    "leave/leaves/left|speak/speaks/spoke|vote/votes/voted|study/studies/studied|"
    "cook/cooks/cooked|travel/travels/traveled|park/parks/parked|live/lives/lived|"
    "stand/stands/stood|listen/listens/listened|write/writes/wrote|phone/phones/phoned|"
    "knock/knocks/knocked|shop/shops/shopped|move/moves/moved|come/comes/came|stay/stays/stayed"
)
NEUTRAL_EVENTS = _phrases(
    "bought a ticket|signed the form|paid by card|moved to a new city|asked for a glass|"
    "answered a poll|left a chair by the table|wrote to the office|"
    "filled in a page|ordered six boxes of soil|joined the class at ten|"
    "changed the time of the class|parked the car near the bank|wore a green coat|"
    "read a report|turned left at the bridge|spoke for ten minutes|"
    "was born in April|works from home on Friday|lives on the third floor|"
    "started the job in June|has a bank account|brought two chairs|asked about the rent"
)
NEUTRAL_HAPPENINGS = _phrases(
    "the store opens at nine|the lease ends in July|the meeting is on Monday|it was Tuesday|"
    "the bus stops here|the form has two pages|the class begins at ten|it was noon|"
    "the library closes at six|the office is on the second floor|the rent is due in June|"
    "the survey has ten questions|the train leaves at eight|his birthday was in May|"
    "there were six chairs|the bank opens on weekdays|the room was empty|the road goes north"
)
NEUTRAL_TO_PERSON = _phrases(
    "met|saw|called|phoned|asked|answered|hired|visited|mentioned|interviewed|drove|followed|"
    "wrote to|spoke with|waited for|sat beside|worked with|sent a form to|listened to|passed|"
    "emailed|lives next to|talked to|gave a form to|sold a bag to"
)
NEUTRAL_EXCLAMATIONS = _phrases(
    "Well|For the record|As usual|By the way|In short|As planned|Note|Update|At the moment|"
    "According to the list|So far|In the morning|In general|This week|On paper"
)

THINGS = _words(
    "meal soup food cake bread lunch dinner coffee tea movie film show concert song book story "
    "joke game match garden park beach hotel room house home kitchen office car bus train bike "
    "phone computer website letter gift present picture bowl plate cup table chair bed coat "
    "dress shoe hat bag box map ticket lesson class course school trip tour flight holiday "
    "party meeting plan idea speech service support weather view museum cafe restaurant market "
    "airline bill price heater oven lamp camera keyboard app report survey test poem dance music "
    "video program evening morning weekend day week birthday visit job project design painting "
    "water glass toy sofa curtain window door battery screen printer "
    "storm mistake news smile prize bowl box"
)
STAFF = _phrases(
    "clerk|waiter|staff|landlord|driver|receptionist|seller|guard|kitchen staff|airline|company|"
    "bank|shop|cashier|agency|office|airline crew|doctor|officer|salesman|host"
)
PLACES = _phrases(
    "at the market|at the station|in the park|at school|at work|in the office|at the library|"
    "on the bus|in the kitchen|at the front desk|in the garden|at the museum|in town|at home|"
    "near the bridge|at the airport|in the next room|on the second floor|at the cafe|in the city|"
    "by the river|at the bank|in the waiting room|at the club|in class|at the hotel"
)
TIMES = _phrases(
    "today|yesterday|on Monday|on Tuesday|on Friday|last week|this morning|at noon|in June|"
    "in March|this week|at nine|on weekdays|last night|in May|on Sunday|in the evening|"
    "two days ago|at the weekend|this year|after lunch|before dinner|every day|again|on Thursday"
)
TOPICS = _phrases(
    "about this|with the result|about the plan|about the news|about it|with everything|"
    "about the letter|with the outcome|about the price|about this week"
)

# (singular, plural)
PEOPLE: tuple[tuple[str, str], ...] = tuple(
    (row.split("/")[0], row.split("/")[1])
    for row in _phrases(
        "person/people|person/people|person/people|man/men|man/men|woman/women|woman/women|"
        "teacher/teachers|student/students|engineer/engineers|artist/artists|writer/writers|"
        "manager/managers|gardener/gardeners|tenant/tenants|customer/customers|baker/bakers|"
        "guest/guests|neighbor/neighbors|friend/friends|nurse/nurses|cook/cooks|singer/singers|"
        "player/players|farmer/farmers|colleague/colleagues|visitor/visitors|painter/painters|"
        "musician/musicians|lawyer/lawyers|designer/designers|dancer/dancers|scientist/scientists|"
        "volunteer/volunteers|resident/residents|member/members|traveler/travelers|runner/runners|"
        "mother/mothers|father/fathers|adult/adults|sister/sisters|brother/brothers|"
        "worker/workers|reader/readers|coach/coaches|journalist/journalists|"
        "programmer/programmers|voter/voters|boss/bosses|passenger/passengers"
    )
)
COUNTS = _words("two three four five six ten some many several both")
INTENSIFIERS = _words("very really so truly quite extremely pretty incredibly deeply")
OPENINGS = _phrases(
    "Honestly,|Today|Yesterday|On Monday|On Tuesday|Last week|This morning|In March|"
    "In the end,|At noon|At school|At work|At the market|At the station|After lunch|"
    "On weekdays|Here|Then|Once again|In our street|In our building|In the report|Look,|"
    "I heard that|They say that|It is true that|We know that|I think that|It seems that"
)

# Words without valence that stand anywhere: most of what an unseen frame is made of.
FUNCTION_WORDS = _words(
    "will would can could may might shall must has have had did does do done been being be how who "
    "what which where why whose if then than though although until unless since before between "
    "among around across along over under above below behind through during within toward against "
    "other others else more most less least much enough too also only just even still already "
    "almost about perhaps maybe soon later tomorrow tonight often sometimes usually always never "
    "rarely twice once please yes not no nor or either neither each any anybody somebody something "
    "anything nothing everything everyone nobody both half all such same own self themselves "
    "itself herself himself us them him it its these those here there where away back down up out "
    "off into onto per plus minus zero seven eight nine eleven twelve hundred first third list "
    "name names number date hour minute month place side part way sort thing things stuff line "
    "line say tell told know think thought want see go goes going look put start end begin turn "
    "ask try let keep run set show hold call calls come comes came give gives because however "
    "while "
    "aunt uncle cousin family child children parent town village country floor corner street"
)
MODALS = _words("will can may should could would must might")
QUESTIONS = _phrases(
    "where|when|why|how often|who knows when|with whom|since when|until when|guess where"
)

SYLLABLES = _words(
    "bla dro fi gru ka lo mi nu pra que ri sto ta vu wex yol zan ber cul dex fo gim hul jin kor "
    "lun mar nip oth pel rux sal tor ulf vin wam xen yad zor"
)
