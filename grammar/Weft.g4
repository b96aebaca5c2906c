// The Weft policy language.
//
// A file is a list of statements. Nothing ends a statement but the next one: the words that begin statements are reserved
// and stand in backticks where they are meant as names. Line ends and indentation mean nothing.
//
// The front end enters this grammar one statement at a time (`oneStatement`, `onePolicyHeader`, `onePolicyItem`), so that a
// mistake never reaches past the statement it is in. Every decision is made on the next word alone.

grammar Weft;

file : statement* EOF ;

statement
  : profile | label | group | network | service | tiers | guard | assertion | policy
  ;

oneStatement
  : ( isProfile=profile | isLabel=label | isGroup=group | isNetwork=network | isService=service | isTiers=tiers
    | isGuard=guard | isAssertion=assertion ) EOF
  ;
onePolicyHeader : header=policyHeader EOF ;
onePolicyItem : item=policyItem EOF ;

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

assertion : claim=( 'never' | 'always' ) meaning=edge ;

// ---- policies

policy : policyHeader policyItem* '}' ;

policyHeader : 'policy' ( called=name | title=STRING ) clauses+=policyClause* '{' ;

policyClause
  : 'in' tier=name
  | isOrdered='ordered'
  | 'priority' minus='-'? level=NUMBER
  | 'owner' who=STRING
  ;

policyItem : isolationItem=isolation | ruleItem=rule_ | guardItem=guard ;

isolation : 'isolate' subject=selector side=( 'ingress' | 'egress' )? ;

rule_ : ( verdict=( 'allow' | 'deny' ) | verdict='pass' ( 'to' tier=name )? ) ( 'at' gate=( 'source' | 'destination' ) )? meaning=edge ;

edge : from=selector '->' to=selector ':' what=services ( 'because' why=STRING )? ;

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
  : op=( '==' | '!=' | 'like' ) value=STRING
  | negated='not'? op='in' set=textSet
  ;

textSet : '{' ( values+=STRING ( ',' values+=STRING )* )? '}' ;

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
     | 'string' | 'ordered' | 'priority' | 'owner' | 'source' | 'destination' | 'because' | 'like' ;

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
BECAUSE : 'because' ;
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
