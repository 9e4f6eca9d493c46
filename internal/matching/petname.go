package matching

import "strings"

// formalName gives what an English pet name is short for. One that is short for several (Bert, Nell) stands with the most frequent of them, as censuses of the
// nineteenth and twentieth century have it; a name that is as often a given name of its own (Max, Lee) is left out.
var formalName = func() map[string]string {
	out := map[string]string{}
	for line := range strings.SplitSeq(`
		abraham: abe abie
		albert: bert bertie
		alexander: alec alex sandy sander
		alfred: alf alfie fred
		amanda: mandy
		andrew: andy drew
		ann: anne annie nan nancy nanny
		anthony: tony antony
		arthur: art artie
		barbara: babs barbie
		benjamin: ben benny benji
		bernard: bernie
		bridget: biddy bridie
		caroline: carrie carol
		catherine: katherine kathryn cathy kathy kate katie kitty kit cath
		charles: charlie charley chas chuck
		charlotte: lottie lotty
		christina: chrissie tina
		christopher: chris kit
		clarence: clarrie
		daniel: dan danny
		david: dave davy davie
		deborah: debbie deb debra
		donald: don donnie
		dorothy: dot dottie dolly dora
		edmund: edmond
		edward: ed eddie ned ted teddy
		edwin: win
		eleanor: nell nellie nelly elinor ellie
		elizabeth: eliza beth bess bessie betsy betty liz lizzie libby lisbeth elisabeth liza elsie
		emily: em emmie
		esther: hester hetty
		florence: flo florrie flossie
		frances: fanny francie
		francis: frank frankie
		frederick: frederic freddie freddy
		geoffrey: jeff jeffrey geoff
		george: georgie
		gerald: gerry
		gertrude: gertie trudy
		gilbert: gil
		gregory: greg
		harold: harry
		harriet: hattie
		helen: nellie ellen lena
		henry: hal hank harry
		herbert: herb
		isaac: ike
		isabella: isabel bella belle
		jacob: jake
		james: jim jimmy jem jamie
		jane: janie jenny
		jennifer: jen jenna
		jeremiah: jerry
		jessica: jess jessie
		john: jack johnny jon jock
		jonathan: jonny
		joseph: joe joey jos
		josephine: josie
		joshua: josh
		judith: judy
		kenneth: ken kenny
		lawrence: laurence larry laurie
		leonard: len lenny leo
		lewis: louis lew lou
		louisa: louise
		lucy: lucie
		margaret: maggie madge meg peg peggy greta margie marge daisy
		martha: mattie patty
		martin: marty
		mary: molly polly mamie may maria
		matilda: tilly tillie maud
		matthew: matt mat
		maurice: morris
		michael: mike mick micky mikey
		mildred: millie
		nathaniel: nat nathan
		nicholas: nick nicky
		oliver: ollie noll
		pamela: pam
		patricia: pat patsy trish tricia
		patrick: pat paddy
		peter: pete
		philip: phil phillip
		rachel: rae
		raymond: ray
		rebecca: becky becca
		reginald: reg reggie
		richard: dick rick ricky rich richie
		robert: bob bobby rob robbie bert
		roger: hodge
		ronald: ron ronnie
		rosemary: rosie
		samuel: sam sammy
		sarah: sally sadie sara
		sidney: sid
		simon: si
		solomon: sol
		stanley: stan
		stephen: steve steven stevie
		susan: sue susie suzy susannah susanna
		theodore: theo
		theresa: teresa terry tess tessa
		thomas: tom tommy thos
		timothy: tim
		tobias: toby
		victoria: vicky vickie
		victor: vic
		vincent: vince
		virginia: ginny
		walter: walt wat
		wilfred: wilf
		william: will bill billy willie wm
		winifred: winnie freda`, "\n") {
		name, pets, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			continue
		}
		for _, pet := range strings.Fields(pets) {
			if out[pet] == "" {
				out[pet] = name
			}
		}
	}
	return out
}()
