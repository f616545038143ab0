/* The pull parser of libxml2, as much of it as is used.
 *
 * Its own headers include those of ICU, which clash with the ones that Foundation brings along. */
#ifndef ANTARES_CXML_SHIM_H
#define ANTARES_CXML_SHIM_H

typedef unsigned char xmlChar;
typedef struct _xmlTextReader *xmlTextReaderPtr;

/* xmlParserOption */
static const int antares_xml_no_network = 1 << 11;
static const int antares_xml_no_error = 1 << 5;
static const int antares_xml_no_warning = 1 << 6;

/* xmlReaderTypes */
static const int antares_xml_element = 1;
static const int antares_xml_text = 3;
static const int antares_xml_cdata = 4;
static const int antares_xml_entity_reference = 5;
static const int antares_xml_document_type = 10;
static const int antares_xml_end_element = 15;

xmlTextReaderPtr xmlReaderForMemory(const char *buffer, int size, const char *url, const char *encoding, int options);
void xmlFreeTextReader(xmlTextReaderPtr reader);
int xmlTextReaderRead(xmlTextReaderPtr reader);
int xmlTextReaderNext(xmlTextReaderPtr reader);
int xmlTextReaderNodeType(xmlTextReaderPtr reader);
int xmlTextReaderIsEmptyElement(xmlTextReaderPtr reader);
int xmlTextReaderHasAttributes(xmlTextReaderPtr reader);
int xmlTextReaderMoveToNextAttribute(xmlTextReaderPtr reader);
int xmlTextReaderMoveToElement(xmlTextReaderPtr reader);
const xmlChar *xmlTextReaderConstLocalName(xmlTextReaderPtr reader);
const xmlChar *xmlTextReaderConstValue(xmlTextReaderPtr reader);
/* Where the parser is, which may be behind the node; and where a node begins. */
int xmlTextReaderGetParserLineNumber(xmlTextReaderPtr reader);
struct _xmlNode *xmlTextReaderCurrentNode(xmlTextReaderPtr reader);
long xmlGetLineNo(const struct _xmlNode *node);

#endif
