"""Words that tell whether ``US`` before them is the country or an adjective, and what is no first name."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# No noun phrase begins with these.
FUNCTION = _words(
    """
    a able about above across after again against ago ahead all allegedly almost alone along already also although
    always am among an and any apparently are around as at away back be because been before being below between both
    but by can cannot clearly closely could currently day days despite did do does doing down due during each eager
    either enough even ever every except few finally first for formally friday from fully further had has have having
    he her here hers him his how however i if immediately in instead into is it its itself just keen last later least
    less like likely many may maybe me meanwhile might mine monday more most much must my near neither never next no
    nor not nothing now of off officially often on once only onto open openly or other others our out over own per
    perhaps prepared probably publicly quickly quietly rather ready really recently reluctant repeatedly reportedly
    same saturday set she should simply since so some soon still strongly such sunday than that the their them then
    there therefore these they this those though through throughout thursday thus till to today together tomorrow too
    toward towards tuesday unable under unless unlike unlikely until up upon very via wary was we wednesday well were
    what when where whereas whether which while who whom whose why will willing with within without would yes
    yesterday yet you your
    """
)

# What a state does, in the news; nouns that look like it are rare after its name.
VERBS = _words(
    """
    abandons accepts accuses acts adds admits adopts advises agrees aims alleges allocates allows announces answers
    appeals appears applauds appoints approves argues asks asserts assesses assures avoids awaits backs bans bears
    beat beats becomes began begins believes blames blasts blocks bombs boosts bought breaks brings broke brought
    builds built buys calls came carries catches celebrates chides chooses chose closes comes commits compares
    completes condemns conducts confirms considers contends continues convinces cooperates creates criticises
    criticizes cut cuts decides declares declines decries deepens defeats defends defines delays delivers demands
    demonstrates denies denounces departs deploys describes deserves destroys detains determines did disagrees
    discloses dismisses dispatches doubts downgrades downplays drew drops eases echoes embraces encourages endorses
    ends engages enjoys ensures enters escalates evacuates exaggerates expands expects expels explains exploits
    extends extradites faces failed fails falls feeds feels fell fights finds fires flew follows forgets fought found
    freezes gave gets gives goes got grew hails halts has hears held helps hit hits holds hopes hosts hurts ignites
    ignores imposes indicts informs initiates insists inspects instructs intends intervenes introduces invades
    investigates invites jails joins justifies keeps kept kills knew knows lacks lauds launches leans learns leaves
    led left lets lies lifts lives lodges looks loses lost made maintains makes means meets met moves mulls needs
    negotiates objects obtains occupies offers opens operates opposes outlaws outlines overtakes owes owns paid pauses
    pays perceives permits persuades pleads pledges points portrays poses postpones praises prefers prepares presents
    presses pretends prevents proclaims produces prohibits promises proposes proves provides provokes publishes pulls
    pursues pushes put puts raises ran ratifies reaches reacts reaffirms reasserts rebuffs rebukes recalls receives
    recognises recognizes reconsiders redeploys reduces refrains refuses regards regrets reinforces reiterates rejects
    relaxes releases relies remains removes renews reopens repeats replaces replies requires resists respects responds
    restores restricts resumes retaliates returns reveals ridicules said salutes sank saw says scraps secures seeks
    seems sees seizes sells sends sent shot shows shuts signals signs slams sold sought speaks spends spent stands
    starts stays steps stood stops strengthens strives struck succeeds suffers suggests summons supervises surrounds
    suspects suspends takes tells thinks threatens threw throws tightens told tolerates took toughens trades treats
    tries trusts turns underestimates undermines understands undertakes unveils upholds urges uses versus vetoes
    violates votes vows vs wages wants warns watches weakens weighs welcomes went wields wins withdraws withdrew won
    works worries wrote
    """
)

# These are no verbs.
PLURALS = _words(
    """
    accusations actions actors advisers advisors affairs agencies agents aides aircraft airlines airports airstrikes
    allegations allies ambassadors ambitions analysts arms assets attorneys authorities banks bases bombers borders
    businesses carriers casualties centers centres children cities citizens civilians colleagues colleges commanders
    commandos commitments communications communities companies concessions congressmen consulates consumers
    contractors corporations counterparts courts crews dealings deaths decisions defences defenses delegates
    delegations destroyers diplomats dollars drones economics elections elites embassies emissions employees enemies
    engineers envoys executives experts farmers fighters firms flags forces generals goods governments governors
    hackers hawks hostages imperialists individuals inspectors institutions instructors instruments insurgents
    intentions interests investigators investors jets jobs journalists judges lawmakers lawyers leaders legislators
    marines markets mayors media mercenaries midterms military ministers missiles missions motives nationals
    negotiations negotiators newspapers obligations officers officials operations operatives opponents organizations
    partners personnel pilots planes police policies policymakers politicians politics preparations presidents
    primaries prisoners prosecutors provocations regulators relations reporters representatives researchers sailors
    satellites schools scientists secretaries senators servicemen services ships soldiers spies spokesmen statements
    stocks submarines subs subsidiaries taxpayers telecommunications ties treasuries troops universities values
    vessels veterans violations volunteers voters warplanes warships weapons women workers
    """
)

# What stands before a surname and is no first name.
TITLES = _words(
    """
    adviser advisor american candidate chief democrat democratic director dr gen general gov governor leader minister
    ministers mr mrs ms nominee president presidents rep republican russian secretary sen senator spokesman
    spokeswoman vice
    а в вчера где госсекретарь для до если за затем и из к как когда министр на но о об однако от по позже потом
    поэтому президент при про ранее с сам сегодня также у что
    """
)
