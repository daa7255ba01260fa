// What was recorded of a text, as a page that shows it.
//
//   ASSIGN_OR_RETURN(const InspectReport report, InspectText(...));
//   RETURN_IF_ERROR(writer.Append(InspectPage(report)));
//
// The page is one file that asks for no other, for a browser that need not be online. What
// makes it is in tools/inspect/inspect_page/: page.html, page.css and scripts, which are put
// into this library as it is built.
#ifndef LLAMA2_TOOLS_INSPECT_INSPECT_PAGE_H_
#define LLAMA2_TOOLS_INSPECT_INSPECT_PAGE_H_

#include <string>

#include "analysis/inspect_report.pb.h"

namespace llama2 {

// The page, an HTML document in UTF-8. Nothing in the report is taken for HTML or script.
std::string InspectPage(const InspectReport& report);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_INSPECT_INSPECT_PAGE_H_
