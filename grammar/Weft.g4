// The Weft policy language.
//
// A file is a list of statements. Nothing ends a statement but the next one: the words that begin statements are reserved
// and stand in backticks where they are meant as names. Line ends and indentation mean nothing.
//
// The front end enters this grammar one statement at a time (`oneStatement`, `onePolicyHeader`, `onePolicyItem`, …), so that a
// mistake never reaches past the statement it is in. But for the values of template parameters, and for `in` behind the
// `for` of a policy and behind an end of a claim, every decision is made on the next word alone.
//
// OPEN_BLOCK is the `{` that opens a block; the reader of statements tells it from the `{` of a set.

grammar Weft;

tokens { OPEN_BLOCK }

// What holds what, in words the reader of statements acts on (as rules they would blur where a statement ends):
//
//   file     : ( annotation* ( declaration | policy | test | template ) )*
//   policy   : policyHeader ( annotation* policyItem )* '}'
//   test     : testHeader expectation* '}'
//   template : templateHeader ( annotation* ( declaration | policy | test ) )* '}'

declaration
  : isProfile=profile | isLabel=label | isGroup=group | isNetwork=network | isService=service | isTiers=tiers
  | isGuard=guard | isAssertion=assertion | isUse=useTemplate | isImport=importFile
  ;

oneStatement : notes+=annotation* meaning=declaration EOF ;
onePolicyHeader : notes+=annotation* header=policyHeader EOF ;
onePolicyItem : notes+=annotation* item=policyItem EOF ;
oneTestHeader : notes+=annotation* header=testHeader EOF ;
oneExpectation : item=expectation EOF ;
oneTemplateHeader : notes+=annotation* header=templateHeader EOF ;

// ---- annotations

// @id(db)    @review_by(2027-03-01)    @owner("shop", "data")
annotation : '@' called=name ( '(' values+=annotationValue ( ',' values+=annotationValue )* ')' )? ;
annotationValue : literal=( STRING | DATE | NUMBER ) | word=name | reservedWord=reserved ;

// ---- declarations

profile : 'profile' called=name ;

// label env : "prod" | "dev"        label app, ns.team : string
label : 'label' keys+=key ( ',' keys+=key )* ':' ( anyText='string' | values+=STRING ( '|' values+=STRING )* ) ;

group   : 'group' called=name '=' meaning=selector ;
network : 'network' called=name '=' meaning=networks ;
service : 'service' called=name '=' meaning=services ;
tiers   : 'tiers' names+=name ( ',' names+=name )* ;
guard   : 'guard' nodes=selector ;

// ---- claims

// never world -> db : any        never world ~> db avoiding api in inventory
assertion : claim=( 'never' | 'always' ) meaning=claimEdge clauses+=claimClause* ;
claimEdge : from=selector ( arrow='->' to=selector ':' what=services | arrow='~>' to=selector ( ':' what=services )? ) ;
claimClause
  : 'avoiding' relays=selector
  | isClosed='in' 'inventory'
  | 'when' relations+=relation ( '&&' relations+=relation )*
  | 'because' why=textValue
  ;

// ---- policies

policyHeader : 'policy' ( called=name | title=STRING ) clauses+=policyClause* OPEN_BLOCK ;

policyClause
  : 'in' tier=name
  | isOrdered='ordered'
  | 'priority' minus='-'? level=NUMBER
  | 'owner' who=textValue
  | 'for' scope=selector
  | isAudit='audit'
  ;

policyItem : isAudit='audit'? ( isolationItem=isolation | ruleItem=rule_ ) | guardItem=guard ;

isolation : 'isolate' subject=selector side=( 'ingress' | 'egress' )? ;

rule_
  : ( verdict=( 'allow' | 'deny' ) | verdict='pass' ( 'to' tier=name )? ) ( 'at' gate=( 'source' | 'destination' ) )?
    meaning=edge clauses+=ruleClause*
  ;

edge : from=selector '->' to=selector ':' what=services ;

ruleClause
  : 'when' relations+=relation ( '&&' relations+=relation )*
  | 'requires' wanted=obligation
  | isLog='log' note=textValue?
  | 'expires' deadline=DATE
  | 'because' why=textValue
  ;

// source.tenant == destination.tenant
relation : left=relationEnd op=( '==' | '!=' ) right=relationEnd ;
relationEnd : end=( 'source' | 'destination' ) '.' subject=key ;

// http(method = "GET")
obligation : kind=name ( '(' ( details+=detail ( ',' details+=detail )* )? ')' )? ;
detail : called=name '=' value=textValue ;

// ---- tests

testHeader : 'test' title=STRING OPEN_BLOCK ;

expectation
  : from=testEnd '->' to=testEnd ':' what=services 'is' verdict=( 'allow' | 'deny' )
    clauses+=expectationClause*
  ;
expectationClause : 'at' gate=( 'source' | 'destination' ) | 'by' by=decider ;

// web    {app: "web", ns: "shop"}    "shop/web-1"    10.0.0.1
testEnd : imagined=labelMap | workload=STRING | address=ADDRESS | who=selector ;
labelMap : '{' ( entries+=labelEntry ( ',' entries+=labelEntry )* )? '}' ;
labelEntry : subject=key ':' value=textValue ;
decider : ( called=deciderName | title=STRING ) ( '.' ruleId=name )? ;
deciderName : name | 'profile' ;

// ---- templates and other files

templateHeader : 'template' called=name '(' ( parameters+=parameter ( ',' parameters+=parameter )* )? ')' OPEN_BLOCK ;
parameter : called=name ':' kind=parameterKind ( '=' initial=argumentValue )? ;
parameterKind : 'group' | 'network' | 'service' | 'label' | name ;

useTemplate : 'use' called=name '(' ( arguments+=argument ( ',' arguments+=argument )* )? ')' ( 'as' alias=name )? ;
argument : called=name '=' value=argumentValue ;
// What the parameter is decides how the value is meant; a name alone can be anything.
argumentValue : literal=STRING | asServices=argumentServices | asNetworks=argumentNetworks | asSelector=selector ;
// As `services` and `networks`, which need not look past a comma for the next argument.
argumentServices : items+=serviceDifference ( ',' items+=serviceDifference )* ;
argumentNetworks : items+=networkDifference ( ',' items+=networkDifference )* ;

importFile : 'import' ( path=STRING | module+=modulePart ( '.' module+=modulePart )* ) ;
modulePart : name | reserved ;

// ---- selectors: `!` binds tightest, then `&&`, then `||`

selector    : operands+=conjunction ( '||' operands+=conjunction )* ;
conjunction : operands+=unary ( '&&' operands+=unary )* ;
unary       : '!' operand=unary | plain=primary ;

primary
  : '(' inner=selector ')'
  | 'has' present=key
  | addr='addr' where=networkOperand
  | world='world' where=networkOperand?
  | entity=( 'any' | 'none' | 'workload' | 'apiserver' )
  | subject=key test=comparison?        // without a comparison: `node`, a group, or a network
  ;

comparison
  : op=( '==' | '!=' | 'like' ) value=textValue
  | negated='not'? op='in' set=textSet
  ;

textSet : '{' ( values+=textValue ( ',' values+=textValue )* )? '}' ;

// A text, or in a template the name of a parameter that holds one.
textValue : literal=STRING | parameterName=( IDENTIFIER | QUOTED ) ;

// app    ns.team    node.zone    `app.kubernetes.io/name`    ns.`team/owner`
key : first=keyStart ( between+=( '.' | '/' ) more+=keyPart )* ;
keyStart : name | 'node' ;
keyPart : name | reserved ;

// ---- networks: `\` binds tighter than `,`

networks : items+=networkDifference ( ',' items+=networkDifference )* ;
networkOperand : items+=networkDifference | '{' items+=networkDifference ( ',' items+=networkDifference )* '}' ;
networkDifference : base=networkItem ( '\\' cuts+=networkItem )* ;
networkItem : address=ADDRESS | called=name ;

// ---- services: `\` binds tighter than `,`

services : items+=serviceDifference ( ',' items+=serviceDifference )* ;
serviceDifference : base=serviceItem ( '\\' cuts+=serviceItem )* ;

// any    tcp    tcp/80    tcp/8000-8010    tcp|udp/53    tcp/http    icmp/3/4    ip/253    a named service
serviceItem : all='any' | protocols+=name ( '|' protocols+=name )* ( '/' at=port )? ;
port : first=NUMBER ( '-' last=NUMBER | '/' code=NUMBER )? | called=name ;

// ---- names

// Words with a meaning in one place only are names everywhere else.
name : IDENTIFIER | QUOTED
     | 'string' | 'ordered' | 'priority' | 'owner' | 'source' | 'destination' | 'when' | 'requires' | 'log' | 'expires'
     | 'for' | 'is' | 'by' | 'as' | 'because' | 'avoiding' | 'inventory' | 'like' ;

reserved : 'profile' | 'label' | 'group' | 'network' | 'service' | 'tiers' | 'policy' | 'isolate' | 'allow' | 'deny'
         | 'pass' | 'guard' | 'never' | 'always' | 'import' | 'template' | 'use' | 'test' | 'audit'
         | 'in' | 'not' | 'has' | 'at' | 'to' | 'ingress' | 'egress'
         | 'any' | 'none' | 'workload' | 'node' | 'world' | 'apiserver' | 'addr' ;

// ---- words

PROFILE : 'profile' ;
LABEL : 'label' ;
GROUP : 'group' ;
NETWORK : 'network' ;
SERVICE : 'service' ;
TIERS : 'tiers' ;
POLICY : 'policy' ;
ISOLATE : 'isolate' ;
ALLOW : 'allow' ;
DENY : 'deny' ;
PASS : 'pass' ;
GUARD : 'guard' ;
NEVER : 'never' ;
ALWAYS : 'always' ;
IMPORT : 'import' ;
TEMPLATE : 'template' ;
USE : 'use' ;
TEST : 'test' ;
AUDIT : 'audit' ;

IN : 'in' ;
NOT : 'not' ;
HAS : 'has' ;
AT : 'at' ;
TO : 'to' ;
INGRESS : 'ingress' ;
EGRESS : 'egress' ;
ANY : 'any' ;
NONE : 'none' ;
WORKLOAD : 'workload' ;
NODE : 'node' ;
WORLD : 'world' ;
APISERVER : 'apiserver' ;
ADDR : 'addr' ;

ANY_TEXT : 'string' ;
ORDERED : 'ordered' ;
PRIORITY : 'priority' ;
OWNER : 'owner' ;
SOURCE : 'source' ;
DESTINATION : 'destination' ;
WHEN : 'when' ;
REQUIRES : 'requires' ;
LOG : 'log' ;
EXPIRES : 'expires' ;
FOR : 'for' ;
IS : 'is' ;
BY : 'by' ;
AS : 'as' ;
BECAUSE : 'because' ;
AVOIDING : 'avoiding' ;
INVENTORY : 'inventory' ;
LIKE : 'like' ;

// ---- signs

ARROW : '->' ;
REACHES : '~>' ;
EQUALS : '==' ;
DIFFERS : '!=' ;
AND : '&&' ;
OR : '||' ;
BANG : '!' ;
ASSIGN : '=' ;
COLON : ':' ;
COMMA : ',' ;
DOT : '.' ;
SLASH : '/' ;
BACKSLASH : '\\' ;
BAR : '|' ;
DASH : '-' ;
OPEN_BRACE : '{' ;
CLOSE_BRACE : '}' ;
OPEN_PARENTHESIS : '(' ;
CLOSE_PARENTHESIS : ')' ;
ANNOTATION : '@' ;

// ---- literals. The source is read byte by byte, and every byte outside ASCII is shown to these rules as U+007F: only texts,
// backticks and comments may hold such bytes.

IDENTIFIER : [A-Za-z_] [A-Za-z0-9_]* ( '-' [A-Za-z0-9_]+ )* ;
QUOTED : '`' ~[`\r\n]+ '`' ;
STRING : '"' ( ~["\\\r\n] | '\\' ~[\r\n] )* '"' ;
NUMBER : [0-9]+ ;

// Everything that looks like a date, with or without a time; whether it is one, the front end says.
DATE : [0-9]+ '-' [0-9]+ '-' [0-9]+ ( 'T' [0-9A-Za-z:.+]* )? ;

// Everything that looks like an address or a prefix; whether it is one, the front end says.
ADDRESS
  : [0-9]+ ( '.' [0-9]+ )+ ( '/' [0-9]+ )?
  | ( HEX ':' HEX ( ':' HEX )+ | ( HEX ( ':' HEX )* )? '::' ( HEX ( ':' HEX )* )? ) ( '.' [0-9]+ )* ( '/' [0-9]+ )?
  ;
fragment HEX : [0-9a-fA-F]+ ;

COMMENT : '//' ~[\r\n]* -> channel(HIDDEN) ;
SPACE : [ \t\r\n\f]+ -> skip ;

// ---- what is no part of the language, told apart so that the message can say what was meant

UNCLOSED_STRING : '"' ( ~["\\\r\n] | '\\' ~[\r\n] )* '\\'? ;
UNCLOSED_QUOTED : '`' ~[`\r\n]* ;
EMPTY_QUOTED : '``' ;
SINGLE_QUOTED : '\'' ~['\r\n]* '\'' ;
FOREIGN_COMMENT : '#' ~[\r\n]* | '/*' .*? ( '*/' | EOF ) ;
UNKNOWN : '\u007F'+ | '=>' | '==>' | '-->' | . ;
