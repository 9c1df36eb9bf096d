/**
 * Every English text of the API's description in Chinese, by the English one, in the words that SWR's guide uses. A text that is changed
 * or added lacks its Chinese one until it is here too: `test/workerd/docs.test.ts` names it. One that is no longer used is found as well.
 */
export const CHINESE: Readonly<Record<string, string>> = {
  "List API versions": "查询 API 版本列表",
  "A browser, which accepts `text/html`, gets the console instead.": "接受 `text/html` 的浏览器会得到控制台页面。",
  "All versions.": "全部版本。",
  "Show API version 2": "查询 API 版本 v2",
  "For requests that are signed or carry `X-Auth-Token`. Others get what the registry API has here: the check by which docker finds out where to log in.":
    "适用于带签名或 `X-Auth-Token` 的请求。其他请求得到的是镜像仓库 API 的响应，docker 由此得知在何处登录。",
  "The version.": "版本信息。",
  "Create an organization": "创建组织",
  "Its name must be free in the whole deployment; each user may create a number of them (5 by default).":
    "名称在整个部署中必须唯一；每个用户可创建的组织数量有上限（默认 5 个）。",
  "The organization exists now, and the caller manages it.": "组织已创建，创建者拥有管理权限。",
  "List the caller's organizations": "查询组织列表",
  "At most 10000; `/api/organizations` has pages.": "最多 10000 个；`/api/organizations` 支持分页。",
  "Only the organization of this name.": "只返回该名称的组织。",
  "`visible`: also organizations where the caller has a right to single images only.":
    "`visible`：还包括调用者仅对其中部分镜像有权限的组织。",
  "The same parameters as `key::value|key::value`. With it, all others are ignored.":
    "以 `key::value|key::value` 的形式给出相同的参数。使用该参数时，其他参数均被忽略。",
  "By name.": "按名称排序。",
  "Show an organization": "查询组织详情",
  "Name of an organization: 1 to 64 characters.": "组织名称：1 到 64 个字符。",
  "The organization.": "组织详情。",
  "Delete an organization": "删除组织",
  "Only one that has no images. For ten minutes no other account can take its name.":
    "只能删除没有镜像的组织。十分钟内其他账号不能使用该名称。",
  "It is gone.": "已删除。",
  "List an organization's permissions": "查询组织的权限",
  "For everybody who has a permission on it; administrators of the account need none.":
    "对该组织有权限的用户均可查询；账号管理员无需授权。",
  "The caller's own right, and who else was granted one: at most 10000 users.":
    "调用者自己的权限，以及其他被授权的用户：最多 10000 个。",
  "Grant permissions on an organization": "授予组织权限",
  "To 1 to 100 users of the caller's account who have none on it yet. It is done for all of them or for none.":
    "一次授权给本账号中 1 到 100 个尚无该组织权限的用户，全部成功或全部失败。",
  "Granted.": "已授权。",
  "Change permissions on an organization": "修改组织权限",
  "Of 1 to 100 users who have one on it. It is done for all of them or for none.":
    "一次修改 1 到 100 个已有该组织权限的用户，全部成功或全部失败。",
  "Changed, with effect on the next tokens.": "已修改，对之后签发的令牌生效。",
  "Revoke permissions on an organization": "撤销组织权限",
  "From up to 100 users, named by id; an empty list changes nothing. It is done for all of them or for none.":
    "一次最多 100 个用户，以 ID 指定；空列表不做任何修改。全部成功或全部失败。",
  "Id of a user of the caller's account.": "本账号中用户的 ID。",
  "Taken away, with effect on the next tokens.": "已撤销，对之后签发的令牌生效。",
  "List an image's permissions": "查询镜像的权限",
  "For everybody who has a permission on it or on its organization.": "对该镜像或其组织有权限的用户均可查询。",
  "Name of an image without its organization: 1 to 128 characters, with `$` instead of `/`.":
    "不含组织的镜像名称：1 到 128 个字符，用 `$` 代替 `/`。",
  "The caller's own right from all permissions together, and who else was granted one on the image: at most 10000 users.":
    "调用者自己的权限（无论来源），以及其他在该镜像上被授权的用户：最多 10000 个。",
  "Grant permissions on an image": "授予镜像权限",
  "Change permissions on an image": "修改镜像权限",
  "Revoke permissions on an image": "撤销镜像权限",
  "Create an image": "创建镜像",
  "It has no tags yet. Takes the right to edit the organization.": "新镜像没有版本。需要组织的编辑权限。",
  "It exists now.": "已创建。",
  "Show an image's properties": "查询镜像属性",
  "For everybody who may pull it. To others it does not exist.":
    "可以下载该镜像的用户均可查询；对其他人，该镜像不存在。",
  "The image.": "镜像信息。",
  "Change an image's properties": "修改镜像属性",
  "Takes the right to edit it. While an image is public, its shares mean nothing.":
    "需要镜像的编辑权限。镜像公开期间，共享不起作用。",
  "Changed.": "已修改。",
  "Delete an image": "删除镜像",
  "With all tags, manifests, permissions, shares and rules. Takes the right to manage it. Refused while an immutable-tag rule keeps one of its tags.":
    "同时删除其全部版本、清单、权限、共享和规则。需要镜像的管理权限。若有版本被不可变版本规则保护，则拒绝删除。",
  "List the caller's images": "查询镜像列表",
  "Those that the caller has a right to in the account, by organization and name unless asked otherwise.":
    "调用者在本账号中有权限的镜像，默认按组织和名称排序。",
  "Only images of this organization.": "只返回该组织的镜像。",
  "A part of the name, with `$` instead of `/`.": "名称中包含的内容，用 `$` 代替 `/`。",
  "One of app_server, linux, windows, arm, framework_app, database, lang, other; `other` finds images without one too.":
    "取值为 app_server、linux、windows、arm、framework_app、database、lang、other；`other` 还包括没有分类的镜像。",
  "`true` or `false`.": "`true` 或 `false`。",
  "How many entries to answer: 1 to 1000, default 100.": "返回的条目数：1 到 1000，默认 100。",
  "How many entries to leave out before: 0 to 10000, default 0.": "跳过的条目数：0 到 10000，默认 0。",
  "One of name, updated_time, updated_at, tag_count, namespace, is_public.":
    "取值为 name、updated_time、updated_at、tag_count、namespace、is_public。",
  "`asc` or `desc`.": "`asc` 或 `desc`。",
  "A page of images.": "一页镜像。",
  "`offset-count/total`: how many entries were left out before, are here, and are there in all.":
    "`offset-count/total`：跳过的条目数、本页条目数和总数。",
  "List an image's tags": "查询镜像版本列表",
  "For everybody who may pull it. The ones that were moved last come first unless asked otherwise.":
    "可以下载该镜像的用户均可查询。默认最近更新的排在前面。",
  "Only the tag of this name.": "只返回该名称的镜像版本。",
  "One of updated_at, updated_time, tag.": "取值为 updated_at、updated_time、tag。",
  "A page of tags.": "一页镜像版本。",
  "Create a tag from another tag": "从已有版本添加镜像版本",
  "No bytes move. Takes the right to edit the image.": "不复制数据。需要镜像的编辑权限。",
  "The tag is there.": "镜像版本已添加。",
  "Show a tag": "查询镜像版本详情",
  "For everybody who may pull the image.": "可以下载该镜像的用户均可查询。",
  "1 to 128 letters, digits, `_`, `.` and `-`, the first no `.` or `-`.":
    "1 到 128 个字母、数字、`_`、`.` 和 `-`，不以 `.` 或 `-` 开头。",
  "The tag.": "镜像版本信息。",
  "Delete a tag": "删除镜像版本",
  "Takes the right to manage the image. Refused while an immutable-tag rule keeps the tag.":
    "需要镜像的管理权限。受不可变版本规则保护的版本不能删除。",
  "List the accounts that an image is shared with": "查询镜像的共享账号列表",
  "Ended shares among them. For everybody who has a right to the image in its own account.":
    "包括已到期的共享。在镜像所属账号中对其有权限的用户均可查询。",
  "All shares, by account.": "全部共享，按账号排序。",
  "Share a private image with another account": "将私有镜像共享给其他账号",
  "With at most 500 accounts. Takes the right to manage the image.": "最多共享给 500 个账号。需要镜像的管理权限。",
  "All users of that account may pull it.": "该账号的所有用户都可以下载此镜像。",
  "Show a share": "查询共享详情",
  "For everybody who has a right to the image in its own account.": "在镜像所属账号中对其有权限的用户均可查询。",
  "The name of the account that it is shared with.": "共享给的账号名称。",
  "The share, or that there is none.": "共享信息；没有共享时也会说明。",
  "Change a share": "修改共享",
  "Takes the right to manage the image.": "需要镜像的管理权限。",
  "Stop sharing an image with an account": "取消共享",
  "Tokens that its users ask for from now on do not let them pull it.": "该账号的用户之后获取的令牌不能再下载此镜像。",
  "Create a trigger for a Kubernetes workload": "创建更新 Kubernetes 工作负载的触发器",
  "When a tag that meets the condition is created or moved to another digest, by a push or a retag. At most 100 an image. Takes the right to edit the image. A Kubernetes target takes the right to edit the organization as well, or a container that runs this image already.":
    "推送或添加版本使符合条件的镜像版本被创建或指向新的摘要时触发。每个镜像最多 100 个触发器。需要镜像的编辑权限。目标为 Kubernetes 时，还需要组织的编辑权限，或目标容器已在使用此镜像。",
  "It is there.": "已创建。",
  "List an image's triggers": "查询触发器列表",
  "Webhooks among them, which only `/api/` can make. Takes the right to edit the image.":
    "包括只能通过 `/api/` 创建的 Webhook 触发器。需要镜像的编辑权限。",
  "All triggers, by name.": "全部触发器，按名称排序。",
  "Show a trigger and its history": "查询触发器及其触发记录",
  "Takes the right to edit the image.": "需要镜像的编辑权限。",
  "The trigger.": "触发器信息。",
  "Enable or disable a trigger": "启用或停用触发器",
  "Takes the right to edit the image. To switch it on: A Kubernetes target takes the right to edit the organization as well, or a container that runs this image already.":
    "需要镜像的编辑权限。启用目标为 Kubernetes 的触发器时，还需要组织的编辑权限，或目标容器已在使用此镜像。",
  "Delete a trigger": "删除触发器",
  "With its history, and what is not delivered yet. Takes the right to edit the image.":
    "同时删除触发记录和尚未完成的触发。需要镜像的编辑权限。",
  "Create a synchronization rule of an image": "创建镜像的同步规则",
  "Whether the organization is there shows when a tag is copied. At most 10 an image. Takes the right to edit the image.":
    "复制版本时才会检查目标组织是否存在。每个镜像最多 10 条规则。需要镜像的编辑权限。",
  "List an image's automatic synchronization": "查询镜像的自动同步规则",
  "Automatic rules only, and only those of the image itself. Takes the right to edit the image.":
    "只返回镜像自身的自动同步规则。需要镜像的编辑权限。",
  "The rules.": "规则列表。",
  "Delete an image's synchronization target": "删除镜像的同步目标",
  "What was copied stays there. Takes the right to edit the image.": "已同步的内容保留在目标仓库。需要镜像的编辑权限。",
  "Copy tags to a remote registry now": "立即同步镜像版本到远端仓库",
  "No rule is needed. Takes the right to edit the image.": "无需同步规则。需要镜像的编辑权限。",
  "The tags that the image does not have; none: all are copied.": "镜像中不存在的版本；为空表示全部同步。",
  "List an image's synchronization jobs": "查询镜像的同步任务列表",
  "Of the last 30 days, newest first unless `order::asc`. Takes the right to edit the image.":
    "最近 30 天的任务，默认最新的在前，可用 `order::asc` 反转。需要镜像的编辑权限。",
  "`limit::<entries>|offset::<entries to leave out>`, both required, and `order::desc|asc`.":
    "`limit::<条目数>|offset::<跳过的条目数>`，两者必填；可加 `order::desc|asc`。",
  "A page; behind the last one, nothing.": "一页任务；超出最后一页时为空。",
  "List synchronization targets": "查询同步目标列表",
  "The remote registries of the caller's account.": "本账号的远端仓库。",
  "Their names.": "名称列表。",
  "List shared images": "查询共享镜像列表",
  "`self`: images that the caller has a right to and that are shared with other accounts, or were. `thirdparty`: images that other accounts share with the caller's at the moment. One entry per image, by organization and name unless asked otherwise.":
    "`self`：调用者有权限、且正在或曾经共享给其他账号的镜像。`thirdparty`：其他账号当前共享给本账号的镜像。每个镜像一条，默认按组织和名称排序。",
  "`self` or `thirdparty`. Required, here or in `filter`.": "`self` 或 `thirdparty`。必填，也可放在 `filter` 中。",
  "Only images of this account.": "只返回该账号的镜像。",
  "`true`: only images with a share that holds; `false`: only the others.":
    "`true`：只返回有有效共享的镜像；`false`：只返回其他镜像。",
  "One of updated_at, updated_time, name, tag_count, namespace, domain_name.":
    "取值为 updated_at、updated_time、name、tag_count、namespace、domain_name。",
  "Create an image's aging rule": "创建镜像的老化规则",
  "An image has at most one; another one is refused until that is deleted. It runs at once: what is old is gone when the answer comes or, of many tags, soon after. Takes the right to manage the image.":
    "每个镜像最多一条规则；已有规则时须先删除。规则立即执行：响应返回时旧版本已被清理，版本很多时稍后完成。需要镜像的管理权限。",
  "The rule holds.": "规则已生效。",
  "List an image's aging rules": "查询镜像的老化规则列表",
  "The rule, or none.": "老化规则；没有时为空。",
  "List tags deleted by aging": "查询老化日志",
  "The last deleted first. For everybody who has a right to the image in its own account.":
    "最近删除的在前。在镜像所属账号中对其有权限的用户均可查询。",
  "A page of the log.": "一页日志。",
  "Show an image's aging rule": "查询镜像的老化规则",
  "The rule.": "规则信息。",
  "Change an image's aging rule": "修改镜像的老化规则",
  "It runs at once. Takes the right to manage the image.": "规则立即执行。需要镜像的管理权限。",
  "The rule holds as changed.": "修改后的规则已生效。",
  "Delete an image's aging rule": "删除镜像的老化规则",
  "It deletes nothing more.": "不再清理任何版本。",
  "Show the caller's quotas": "查询调用者的配额",
  "For administrators also what all organizations of the account have together, and may have: `stored_bytes` and `manifest_bytes` in MiB, rounded up, `image`, `tag` and `open_upload`.":
    "账号管理员还可看到账号下所有组织的合计用量和上限：`stored_bytes` 和 `manifest_bytes` 以 MiB 为单位向上取整，以及 `image`、`tag` 和 `open_upload`。",
  "The quotas of the caller.": "调用者的配额。",
  "Show the account's overview": "查询账号总览",
  "For a member who does not administer the account: of the organizations and images they have a right to.":
    "非管理员的成员只统计其有权限的组织和镜像。",
  "The numbers.": "统计数据。",
  "Show daily traffic or storage": "查询每日流量或存储量",
  "`downflow`: bytes pulled, for a member who does not administer the account from the images they have a right to. `store`: bytes stored at the end of each day, for administrators of the account only.":
    "`downflow`：下载的字节数；非管理员的成员只统计其有权限的镜像。`store`：每天结束时存储的字节数，仅账号管理员可查。",
  "The days, oldest first; the last one is still running.": "按日期从旧到新排列；最后一天尚未结束。",
  "List optional features": "查询可选功能",
  "The parts by name.": "按名称列出的功能。",
  "Create a temporary login command": "创建临时登录指令",
  "It works for 24 hours, on any number of machines, and pushes and pulls what the caller may.":
    "24 小时内有效，可在任意多台机器上使用，推送和下载权限与调用者相同。",
  "The project in the user name: 1 to 64 letters, digits, `_` and `-`. Default: the registry's.":
    "用户名中的项目：1 到 64 个字母、数字、`_` 和 `-`。默认为镜像仓库的项目。",
  "The credentials.": "登录凭证。",
  "The command.": "登录指令。",
  "When the login ends, in UTC.": "登录的失效时间（UTC）。",
  "Create a temporary login command, by its newer name": "创建临时登录指令（新接口名）",
  "Show whether triggers may call clusters": "查询触发器能否访问集群",
  "In Huawei's cloud an account first has to entrust SWR with that. Here it does so with each cluster that it adds.":
    "在华为云上，账号需要先委托 SWR 访问集群。在这里，添加集群即表示委托。",
  "The account.": "账号。",
  "Let triggers call clusters": "允许触发器访问集群",
  "It changes nothing, because triggers may.": "不做任何修改，因为触发器已被允许。",
  "They may.": "已允许。",
  "List signatures, attestations and SBOMs of an image": "查询镜像的签名、证明和 SBOM",
  "Tags that belong to the image and manifests that refer to it, in the order in which they were first pushed. For everybody who may pull it. At most 1000 of either kind; `GET /v2/…/referrers/{digest}` has pages of all that refer to it.":
    "属于该镜像的版本，以及引用它的清单，按首次推送的顺序排列。可以下载该镜像的用户均可查询。两类各最多 1000 个；`GET /v2/…/referrers/{digest}` 可分页查询全部引用。",
  "How many entries to answer: 1 to 100, default 10.": "返回的条目数：1 到 100，默认 10。",
  "How many entries to leave out before; behind the last one the list is empty.": "跳过的条目数；超出末尾时列表为空。",
  "A page of what is attached.": "一页附件。",
  "List the tags that a signature belongs to": "查询签名所属的镜像版本",
  "Those of one image; none for a tag that belongs to nothing. For everybody who may pull the image.":
    "只返回一个镜像的版本；不属于任何镜像的版本没有结果。可以下载该镜像的用户均可查询。",
  "How many tags to answer: 1 to 10, default 10.": "返回的镜像版本数：1 到 10，默认 10。",
  "The `next_marker` of the page before; absent for the first page.": "上一页的 `next_marker`；第一页不填。",
  "List the caller's images, by marker": "按 marker 分页查询镜像列表",
  "Those that the caller has a right to in the account, the ones made first before the others.":
    "调用者在本账号中有权限的镜像，先创建的在前。",
  "The `nextMarker` of the page before; absent for the first page.": "上一页的 `nextMarker`；第一页不填。",
  "List shared images, by marker": "按 marker 分页查询共享镜像列表",
  "`self`: images that the caller has a right to and that are shared with other accounts, or were. `thirdparty`: images that other accounts share with the caller's at the moment. The ones made first come before the others.":
    "`self`：调用者有权限、且正在或曾经共享给其他账号的镜像。`thirdparty`：其他账号当前共享给本账号的镜像。先创建的在前。",
  "List an image's tags, by marker": "按 marker 分页查询镜像版本列表",
  "The `nextMarker` of the page before, in the same order; absent for the first page.":
    "同样排序下上一页的 `nextMarker`；第一页不填。",
  "`true`: with the manifests, which are empty otherwise.": "`true`：同时返回清单内容，否则为空。",
  "Create a token": "创建令牌",
  "The token comes in the header `X-Subject-Token`, and goes in `X-Auth-Token`.":
    "令牌在响应头 `X-Subject-Token` 中，使用时放入 `X-Auth-Token`。",
  "What the token stands for.": "令牌代表的身份。",
  "The token.": "令牌信息。",
  "List projects by name": "按名称查询项目",
  "Berth has none of its own: any name is one, and stands for the whole registry.":
    "Berth 没有自己的项目：任何名称都可以，代表整个镜像仓库。",
  "Default: the registry's project.": "默认为镜像仓库的项目。",
  "The project of this name.": "该名称的项目。",
  "List the caller's projects": "查询调用者的项目",
  "List the caller's domains": "查询调用者的账号",
  "One domain.": "一个账号。",
  "Show a user": "查询用户详情",
  "The user.": "用户信息。",
  "Show a user, in IAM's own format": "查询用户详情（IAM 格式）",
  "Where Terraform looks up the name of a user who is given a permission by id alone.":
    "Terraform 只按 ID 授权时，在此查询用户名。",
  "The first 10000 by name. Also for a login command's credentials.":
    "按名称排序的前 10000 个。登录指令的凭证也可以调用。",
  "Create an organization to push to": "创建用于推送的组织",
  "Also for a login command's credentials, unless the operator has switched off that pushes create organizations.":
    "登录指令的凭证也可以调用，除非运维人员关闭了推送时自动创建组织。",
  "List visible organizations": "查询可见的组织",
  "Find an organization": "查找组织",
  "The answer is 200 in any case. Also for a login command's credentials.": "始终返回 200。登录指令的凭证也可以调用。",
  "The organization, or one without a name.": "组织信息；不存在时名称为空。",
  "List all images with all tags": "查询全部镜像及其版本",
  "In one answer, however many there are, which is sent while it is read; one that could not be read to its end breaks off. Also for a login command's credentials.":
    "无论多少都在一个响应中返回，边读取边发送；无法读完时响应会中断。登录指令的凭证也可以调用。",
  "`self`. Required, here or in `filter`.": "`self`。必填，也可放在 `filter` 中。",
  "The same as `center::self`.": "与 `center::self` 相同。",
  "The images, the ones made first before the others.": "镜像列表，先创建的在前。",
  "Show a cluster's name": "查询集群名称",
  "Users who may edit the cluster's organization may ask. Terraform asks here for the name when a trigger has a `cluster_id` alone; all else about clusters is under `/api/organizations/{organization}/clusters`.":
    "对集群所属组织有编辑权限的用户可以查询。触发器只有 `cluster_id` 时，Terraform 在此查询集群名称；集群的其他操作见 `/api/organizations/{organization}/clusters`。",
  "The cluster.": "集群信息。",
  "List audit events": "查询审计事件",
  "Operators see everything, administrators what concerns their account, members what they did themselves and, with `organization`, what concerns an organization that they manage.":
    "运维人员可查看全部事件，账号管理员可查看本账号的事件，成员可查看自己的操作；指定 `organization` 时还可查看其有管理权限的组织的事件。",
  "Events that have this in their action, resource, user, address, organization or particulars; upper and lower case alike. Particulars of more than 2 KiB are not searched.":
    "操作、资源、用户、地址、组织或详情中包含该内容的事件，不区分大小写。超过 2 KiB 的详情不参与搜索。",
  "Events that concern this organization or its images.": "与该组织或其镜像有关的事件。",
  "Events that the user of this name caused.": "该用户触发的事件。",
  "Events of this kind.": "该类型的事件。",
  "Events that ended so.": "该结果的事件。",
  "Events from this time on (ISO 8601).": "从此时间开始的事件（ISO 8601）。",
  "Events before this time (ISO 8601).": "此时间之前的事件（ISO 8601）。",
  "Events of this account. Only operators may name another than their own.":
    "该账号的事件。只有运维人员可以指定其他账号。",
  "How many entries to answer: 1 to 1000, default 100. A page has fewer where they are long, and yet is not the last one.":
    "返回的条目数：1 到 1000，默认 100。条目较长时一页会更少，但未必是最后一页。",
  "The `next` of the page before; absent for the first page.": "上一页的 `next`；第一页不填。",
  "A page of events.": "一页事件。",
  "Export audit events as JSON Lines": "以 JSON Lines 格式导出审计事件",
  'Operators see everything, administrators what concerns their account, members what they did themselves and, with `organization`, what concerns an organization that they manage. With `cursor`, an export goes on behind the page that names it. One answer has about two million events; where there are more, its last line is `{"next": "…"}`, the `cursor` of the next export.':
    '运维人员可导出全部事件，账号管理员可导出本账号的事件，成员可导出自己的操作；指定 `organization` 时还可导出其有管理权限的组织的事件。指定 `cursor` 时从该页之后继续导出。一次响应约含两百万个事件；还有更多时，最后一行为 `{"next": "…"}`，即下次导出的 `cursor`。',
  "An event in each line.": "每行一个事件。",
  "Show garbage and past collections": "查询垃圾数据和历次回收",
  "For operators.": "仅限运维人员。",
  "Counted now.": "实时统计。",
  "Run garbage collection, or preview it": "执行或预览垃圾回收",
  "For operators. A run ends after at most about 20 seconds: repeat the request until `complete` or `failed`. Without it, a run takes place every hour.":
    "仅限运维人员。一次最多运行约 20 秒：请重复请求，直到返回 `complete` 或 `failed`。系统每小时也会自动执行。",
  "What went, or would go.": "已清理或将要清理的内容。",
  "Show an image's garbage collection setting": "查询镜像的垃圾回收设置",
  "Name of an organization.": "组织名称。",
  "Name of an image without its organization, with `$` instead of `/`.": "不含组织的镜像名称，用 `$` 代替 `/`。",
  "The setting; by default they are not kept.": "设置内容；默认不保留。",
  "Change an image's garbage collection setting": "修改镜像的垃圾回收设置",
  "Takes the right to manage the image. Those that are kept no longer have the whole grace period from then on.":
    "需要镜像的管理权限。取消保留后，相关清单从此刻起仍有完整的宽限期。",
  "The setting holds.": "设置已生效。",
  "Show an organization's storage usage": "查询组织的存储用量",
  "For everybody who has a right to all of its images.": "对组织中全部镜像有权限的用户均可查询。",
  "Show an organization's daily usage": "查询组织的每日用量",
  "How many days, the running one included: 1 to 365, default 90.": "天数（含当天）：1 到 365，默认 90。",
  "The days.": "每日数据。",
  "Show an image's daily usage": "查询镜像的每日用量",
  "For everybody who may pull the image: by permission, share, or because it is public. To others it does not exist.":
    "可以通过权限、共享或公开方式下载该镜像的用户均可查询；对其他人，该镜像不存在。",
  "Its version: `updated`, in quotes.": "版本：带引号的 `updated`。",
  "Takes the right to edit the image. While an image is public, its shares mean nothing.":
    "需要镜像的编辑权限。镜像公开期间，共享不起作用。",
  "ETags, of which it must have one: otherwise it was changed meanwhile, and the answer is 412, `PRECONDITION_FAILED`. Without the header the last change wins.":
    "若干 ETag，须与当前版本之一相符：否则说明内容已被修改，返回 412 `PRECONDITION_FAILED`。不带该请求头时，以最后一次修改为准。",
  "The image afterwards.": "修改后的镜像。",
  "With all its tags, manifests, permissions, shares and rules. Refused while an immutable-tag rule keeps one of its tags. Takes the right to manage the image.":
    "同时删除其全部版本、清单、权限、共享和规则。若有版本被不可变版本规则保护，则拒绝删除。需要镜像的管理权限。",
  "For everybody who may pull the image: by permission, share, or because it is public. To others it does not exist. Without those of signatures and the like, which are `companions` of the others.":
    "可以通过权限、共享或公开方式下载该镜像的用户均可查询；对其他人，该镜像不存在。不含签名等附属版本，它们列在所属版本的 `companions` 中。",
  "Tags that have this in their names, in upper or lower case.": "名称中包含该内容的版本，不区分大小写。",
  "The tag of exactly this name; upper and lower case differ.": "名称完全一致的版本，区分大小写。",
  "What to sort by; name when absent.": "排序字段，默认为名称。",
  "When absent, names ascend, and everything else descends.": "默认名称升序，其他字段降序。",
  "How many entries to answer at most.": "最多返回的条目数。",
  "No bytes move. A tag that is there already is refused without `override`, and one that an immutable-tag rule keeps in any case. Takes the right to edit the image.":
    "不复制数据。版本已存在且未指定 `override` 时拒绝；受不可变版本规则保护的版本始终拒绝。需要镜像的编辑权限。",
  "Show what a tag or manifest contains": "查询镜像版本或清单的内容",
  "For everybody who may pull the image: by permission, share, or because it is public. To others it does not exist. Platforms, layers with the commands that made them, and configuration.":
    "可以通过权限、共享或公开方式下载该镜像的用户均可查询；对其他人，该镜像不存在。包括平台、各层及其构建命令、配置。",
  "A tag or digest.": "镜像版本或摘要。",
  "The manifest.": "清单信息。",
  "It has no tags yet. A push creates an image as well. Takes the right to edit the organization.":
    "新镜像没有版本。推送时也会自动创建镜像。需要组织的编辑权限。",
  "Download a manifest as it was pushed": "下载清单原文",
  "Byte for byte, so that it has its digest. It does not count as a pull. For everybody who may pull the image; to others it does not exist.":
    "与推送时逐字节相同，因此摘要一致。不计入下载次数。可以下载该镜像的用户均可查询；对其他人，该镜像不存在。",
  "Download an image as a tar archive": "将镜像下载为 tar 包",
  "For everybody who may pull the image; to others it does not exist. An OCI image layout with the `manifest.json` of `docker save`: `docker load`, `podman load`, `ctr images import` and `skopeo copy oci-archive:…` read it. Of an index it holds all platforms; a docker that loads one only gets linux/amd64. It counts as a pull. A `HEAD` request tells the size. Refused before any bytes: more than 900 manifests and layers (413), and an image with a layer that may not be distributed and is not here, so that docker could not load the file (409). `berth pull` makes an archive of both.":
    "可以下载该镜像的用户均可使用；对其他人，该镜像不存在。格式为 OCI 镜像布局，并包含 `docker save` 的 `manifest.json`，可用 `docker load`、`podman load`、`ctr images import` 和 `skopeo copy oci-archive:…` 读取。多平台镜像包含所有平台；只能加载单个平台的 docker 得到 linux/amd64。计入下载次数。`HEAD` 请求可获取大小。以下情况在传输前拒绝：清单和层超过 900 个（413）；镜像含有不可分发且不在本仓库的层，docker 无法加载（409）。`berth pull` 可以打包这两种镜像。",
  "Only this platform of an index, `os/architecture` or `os/architecture/variant`.":
    "只下载多平台镜像中的该平台：`os/architecture` 或 `os/architecture/variant`。",
  "The archive.": "tar 包。",
  "Bytes.": "字节数。",
  "Download a layer or file": "下载层或文件",
  "A layer, a configuration, or what an artifact holds, such as an SBOM: `layers` of a manifest name them. For everybody who may pull the image; to others it does not exist. Its bytes are counted, and no pull. Of an image of another registry (pull-through) it is here once a client has pulled it.":
    "层、配置，或制品中的文件（如 SBOM）：清单的 `layers` 列出了它们。可以下载该镜像的用户均可使用；对其他人，该镜像不存在。计入下载流量，不计入下载次数。拉取缓存中的镜像，只有客户端下载过之后才能获取。",
  "The file's digest.": "文件的摘要。",
  "The bytes of the file.": "文件内容。",
  "List referrers: signatures, SBOMs and the like": "查询引用者：签名、SBOM 等",
  "By digest. A page may have fewer entries than asked for and yet not be the last. For everybody who may pull the image: by permission, share, or because it is public. To others it does not exist.":
    "按摘要排序。一页的条目可能少于请求的数量，但未必是最后一页。可以通过权限、共享或公开方式下载该镜像的用户均可查询；对其他人，该镜像不存在。",
  "Referrers of this type.": "该类型的引用者。",
  "A page of referrers.": "一页引用者。",
  "List an image's immutable tag rules": "查询不可变版本规则列表",
  "All rules, by pattern.": "全部规则，按匹配模式排序。",
  "Create an immutable tag rule": "创建不可变版本规则",
  "Those that are there and those to come, from everybody, administrators included, until the rule is deleted. At most 100 rules an image. Takes the right to manage the image.":
    "防止已有和将来的匹配版本被任何人（包括管理员）覆盖或删除，直到规则被删除。每个镜像最多 100 条规则。需要镜像的管理权限。",
  "Delete an immutable tag rule": "删除不可变版本规则",
  "It is lifted.": "规则已删除。",
  "Show an image's aging and clean-up": "查询镜像的老化与清理情况",
  "For everybody who has a right to the image in its own account. Most images have no rule: that is no error here.":
    "在镜像所属账号中对其有权限的用户均可查询。大多数镜像没有规则，这不是错误。",
  "The rule by which its tags age, and what becomes of what has no tag.": "镜像的老化规则，以及无版本清单的处理方式。",
  "It has none, or there is no such image.": "没有规则，或镜像不存在。",
  "Set an image's aging rule": "设置镜像的老化规则",
  "It runs at once: what is old is gone when the answer comes or, of many tags, soon after. Takes the right to manage the image.":
    "规则立即执行：响应返回时旧版本已被清理，版本很多时稍后完成。需要镜像的管理权限。",
  "Preview an aging rule": "预览老化规则",
  "The newest tags first. Nothing is changed. A page has fewer entries than asked for where the rule's regular expressions take long. For everybody who has a right to the image in its own account.":
    "最新的版本在前。不做任何修改。规则的正则表达式较慢时，一页的条目可能少于请求的数量。在镜像所属账号中对其有权限的用户均可使用。",
  "A page of tags. Pages after the first are for the time of that one, and for the same rule.":
    "一页镜像版本。后续各页以第一页的时间和同一规则为准。",
  "List deleted tags that can be restored": "查询可恢复的已删除版本",
  "The last deleted first, be it by hand or by aging. What belongs to an image comes back with it. A page may have fewer entries than asked for, even none, and yet not be the last. For everybody who has a right to the image in its own account.":
    "最近删除的在前，包括手动删除和老化删除的版本。附属的内容会一同恢复。一页的条目可能少于请求的数量，甚至为空，但未必是最后一页。在镜像所属账号中对其有权限的用户均可查询。",
  "Restore a deleted tag": "恢复已删除的版本",
  "It points to what it pointed to, and counts as pushed now: a `tag_rule` may therefore take another one. Takes the right to edit the image.":
    "恢复后指向原来的内容，并视为刚刚推送：因此 `tag_rule` 可能会清理另一个版本。需要镜像的编辑权限。",
  "It is there again.": "已恢复。",
  "List an image's tag history": "查询镜像的版本历史",
  "A page of the history.": "一页历史。",
  "List a tag's history": "查询单个版本的历史",
  "Empty for a tag that never was. For everybody who has a right to the image in its own account.":
    "从未存在的版本返回空列表。在镜像所属账号中对其有权限的用户均可查询。",
  "Delete tags": "批量删除镜像版本",
  "1 to 100 of them, all at once; those that cannot be deleted keep none of the others. What was deleted by mistake can be restored for a while. Takes the right to manage the image.":
    "一次删除 1 到 100 个；不能删除的版本不影响其他版本。误删的版本在一段时间内可以恢复。需要镜像的管理权限。",
  "What came of each, in the order of the request, a repeated one once.":
    "每个版本的结果，按请求的顺序，重复的只列一次。",
  "It can be restored for a while. Refused while an immutable-tag rule keeps it. Takes the right to manage the image.":
    "一段时间内可以恢复。受不可变版本规则保护的版本不能删除。需要镜像的管理权限。",
  "List shares": "查询共享列表",
  "`sent`: the shares, ended ones too, of all images that the caller has a right to, by image. `received`: the shares with the caller's account that hold, newest image first.":
    "`sent`：调用者有权限的所有镜像的共享（含已到期的），按镜像排序。`received`：其他账号共享给本账号的有效共享，最新的镜像在前。",
  "Images whose name, `organization/image`, has this in it.": "名称（`组织/镜像`）中包含该内容的镜像。",
  "A page of shares.": "一页共享。",
  "For pulling, and nothing else; with at most 500 accounts. Takes the right to manage the image.":
    "仅可下载；最多共享给 500 个账号。需要镜像的管理权限。",
  "The account it is shared with.": "共享给的账号。",
  "The share.": "共享信息。",
  "The share afterwards.": "修改后的共享。",
  "List permissions on all images of an organization": "查询组织的权限列表",
  "In the order of granting. For everybody who has such a right; administrators of the account need none.":
    "按授权的先后排序。对该组织有权限的用户均可查询；账号管理员无需授权。",
  "The caller's own right, and those that others were granted here.": "调用者自己的权限，以及其他用户在此获得的权限。",
  "Grant permissions on all images of an organization": "授予组织权限",
  "To 1 to 100 users of the caller's account who have none on it yet: to all of them or to none. Takes the right to manage the organization.":
    "一次授权给本账号中 1 到 100 个尚无权限的用户，全部成功或全部失败。需要组织的管理权限。",
  "The rights that were granted.": "已授予的权限。",
  "Change a user's permission on all images of an organization": "修改用户的组织权限",
  "Of a user who was granted one on it. Takes the right to manage the organization.":
    "用户须已有授权。需要组织的管理权限。",
  "Name of a user.": "用户名。",
  "The right, with effect on the next tokens.": "权限信息，对之后签发的令牌生效。",
  "Revoke a user's permission on all images of an organization": "撤销用户的组织权限",
  "With effect on the next tokens. Takes the right to manage the organization.":
    "对之后签发的令牌生效。需要组织的管理权限。",
  "It is taken away.": "已撤销。",
  "List permissions on an image": "查询镜像的权限列表",
  "To 1 to 100 users of the caller's account who have none on it yet: to all of them or to none. Takes the right to manage the image.":
    "一次授权给本账号中 1 到 100 个尚无权限的用户，全部成功或全部失败。需要镜像的管理权限。",
  "Change a user's permission on an image": "修改用户的镜像权限",
  "Of a user who was granted one on it. Takes the right to manage the image.": "用户须已有授权。需要镜像的管理权限。",
  "Revoke a user's permission on an image": "撤销用户的镜像权限",
  "With effect on the next tokens. Takes the right to manage the image.": "对之后签发的令牌生效。需要镜像的管理权限。",
  "Find layers that need not be uploaded": "查询无需上传的层",
  "For archives, whose layers are not compressed: nobody can tell what those are called that the registry has. It looks at the image's 20 newest tags. Takes the right to edit the organization.":
    "用于层未压缩的镜像包：无法直接得知仓库中对应层的摘要。在镜像最新的 20 个版本中查找。需要组织的编辑权限。",
  "Those that are there, each once.": "已存在的层，每个只列一次。",
  "Create a trigger": "创建触发器",
  "It fires when a tag that meets its condition is created or moved to another digest, by a push or a retag. At most 100 an image. Takes the right to edit the image. A Kubernetes target takes the right to edit the organization as well, or a container that runs this image already.":
    "推送或添加版本使符合条件的镜像版本被创建或指向新的摘要时触发。每个镜像最多 100 个触发器。需要镜像的编辑权限。目标为 Kubernetes 时，还需要组织的编辑权限，或目标容器已在使用此镜像。",
  "Preview a trigger's condition": "预览触发条件",
  "Before it is saved. Takes the right to edit the image.": "保存之前预览哪些版本符合条件。需要镜像的编辑权限。",
  "The newest tags.": "最新的镜像版本。",
  "Show a trigger": "查询触发器详情",
  "Its name.": "触发器名称。",
  "Change a trigger": "修改触发器",
  "What was pushed before is delivered by what it is then. Takes the right to edit the image. A Kubernetes target takes the right to edit the organization as well, or a container that runs this image already. Switching it off does not.":
    "之前推送而尚未完成的触发按修改后的设置执行。需要镜像的编辑权限。目标为 Kubernetes 时，还需要组织的编辑权限，或目标容器已在使用此镜像；停用则不需要。",
  "The trigger as it is now.": "当前的触发器。",
  "Test a trigger": "测试触发器",
  "With the image's newest tag, or one that is made up when there is none, whatever the condition, and also when it is not enabled. Webhooks are told that it is a test; in a cluster nothing changes, but is checked whether it could. Takes the right to edit the image.":
    "使用镜像最新的版本（没有时使用虚构的版本），不检查触发条件，停用时也可测试。Webhook 会收到测试标记；集群中不做修改，只检查能否修改。需要镜像的编辑权限。",
  "The delivery, which is made at once.": "立即执行的触发记录。",
  "List a trigger's deliveries": "查询触发记录列表",
  "Of the last 30 days. Takes the right to edit the image.": "最近 30 天的记录。需要镜像的编辑权限。",
  "Show a delivery and its tries": "查询触发记录及其各次尝试",
  "The delivery.": "触发记录。",
  "Resend a delivery": "重新发送",
  "As a new delivery, also when the trigger is not enabled. Takes the right to edit the image. A Kubernetes target takes the right to edit the organization as well, or a container that runs this image already.":
    "作为新的触发记录，停用时也可执行。需要镜像的编辑权限。目标为 Kubernetes 时，还需要组织的编辑权限，或目标容器已在使用此镜像。",
  "The new delivery, which is made at once.": "立即执行的新触发记录。",
  "List an organization's clusters": "查询组织的集群列表",
  "Takes the right to edit the organization.": "需要组织的编辑权限。",
  "All clusters, by name.": "全部集群，按名称排序。",
  "Add a cluster": "添加集群",
  "At most 100 an organization. Takes the right to manage the organization.":
    "每个组织最多 100 个。需要组织的管理权限。",
  "Triggers of the organization's images can name it.": "组织中镜像的触发器可以使用该集群。",
  "Show a cluster": "查询集群详情",
  "Change a cluster": "修改集群",
  "Takes the right to manage the organization.": "需要组织的管理权限。",
  "The cluster as it is now.": "当前的集群。",
  "Delete a cluster": "删除集群",
  "Refused while a trigger names it. Takes the right to manage the organization.":
    "仍被触发器使用时拒绝。需要组织的管理权限。",
  "It is gone, and its token with it.": "集群及其令牌已删除。",
  "Test a cluster": "测试集群",
  "Changes nothing there. Takes the right to edit the organization.": "不修改集群。需要组织的编辑权限。",
  "Whether it works.": "是否可用。",
  "List remote registries": "查询远端仓库列表",
  "For every user of the account.": "本账号的所有用户均可查询。",
  "All of them, by name.": "全部远端仓库，按名称排序。",
  "Add a remote registry": "添加远端仓库",
  "At most 50 an account. Takes an administrator of the account.": "每个账号最多 50 个。仅限账号管理员。",
  "Rules and organizations can name it.": "规则和组织可以使用该远端仓库。",
  "Show a remote registry": "查询远端仓库详情",
  "The remote registry.": "远端仓库信息。",
  "Change a remote registry": "修改远端仓库",
  "Takes an administrator of the account.": "仅限账号管理员。",
  "The remote registry as it is now.": "当前的远端仓库。",
  "Delete a remote registry": "删除远端仓库",
  "Refused while a rule or an organization uses it. Takes an administrator of the account.":
    "仍被规则或组织使用时拒绝。仅限账号管理员。",
  "It is gone, and its password with it.": "远端仓库及其密码已删除。",
  "Test a remote registry": "测试远端仓库",
  "Changes nothing there. Takes an administrator of the account.": "不修改远端仓库。仅限账号管理员。",
  "List an image's synchronization rules": "查询镜像的同步规则列表",
  "Those of its organization hold besides. Takes the right to edit the image.":
    "组织的同步规则同时生效。需要镜像的编辑权限。",
  "All rules, by remote registry.": "全部规则，按远端仓库排序。",
  "The image is called the same there, behind `remoteOrganization`. What is there already is copied by a run. At most 10 rules an image, and one for each target. Takes the right to edit the image.":
    "镜像在目标仓库中保持同名，位于 `remoteOrganization` 之下。已有的版本通过执行规则来同步。每个镜像最多 10 条规则，每个目标一条。需要镜像的编辑权限。",
  "Show a synchronization rule": "查询同步规则详情",
  "Change a synchronization rule": "修改同步规则",
  "Jobs that wait go by the options as they were; those whose tags match no more are not done. Takes the right to edit the image.":
    "等待中的任务按修改前的选项执行；版本不再匹配的任务不执行。需要镜像的编辑权限。",
  "The rule as it is now.": "当前的规则。",
  "Delete a synchronization rule": "删除同步规则",
  "Jobs that wait for it are not done. What was copied stays. Takes the right to edit the image.":
    "等待中的任务不再执行，已同步的内容保留。需要镜像的编辑权限。",
  "Run a synchronization rule now": "立即执行同步规则",
  "Makes jobs for at most 1000 tags or a few more; `next` goes on. Takes the right to edit the image.":
    "一次为最多约 1000 个版本创建任务；用 `next` 继续。需要镜像的编辑权限。",
  "The jobs are made, and begin at once.": "任务已创建，立即开始。",
  "List an organization's synchronization rules": "查询组织的同步规则列表",
  "Those of its images hold besides. Takes the right to manage the organization.":
    "镜像自身的规则同时生效。需要组织的管理权限。",
  "Create a synchronization rule of an organization": "创建组织的同步规则",
  "Each image is called the same there, behind `remoteOrganization`. What is there already is copied by a run. At most 10 rules an organization, and one for the same target and globs. Takes the right to manage the organization.":
    "每个镜像在目标仓库中保持同名，位于 `remoteOrganization` 之下。已有的版本通过执行规则来同步。每个组织最多 10 条规则，目标和匹配模式相同的只能有一条。需要组织的管理权限。",
  "Jobs that wait go by the options as they were; those whose tags match no more are not done. Takes the right to manage the organization.":
    "等待中的任务按修改前的选项执行；版本不再匹配的任务不执行。需要组织的管理权限。",
  "Jobs that wait for it are not done. What was copied stays. Takes the right to manage the organization.":
    "等待中的任务不再执行，已同步的内容保留。需要组织的管理权限。",
  "Makes jobs for at most 1000 tags or a few more; `next` goes on. Takes the right to manage the organization.":
    "一次为最多约 1000 个版本创建任务；用 `next` 继续。需要组织的管理权限。",
  "Chosen ones, or all: 1000 a request; `next` goes on. No rule is needed. Takes the right to edit the image.":
    "同步选定的或全部版本：每次请求 1000 个，用 `next` 继续。无需同步规则。需要镜像的编辑权限。",
  "A page of jobs.": "一页任务。",
  "List an organization's synchronization jobs": "查询组织的同步任务列表",
  "Of all of its images, of the last 30 days. Takes the right to manage the organization.":
    "组织中全部镜像最近 30 天的任务。需要组织的管理权限。",
  "Show a synchronization job and its tries": "查询同步任务及其各次尝试",
  "The job.": "任务信息。",
  "Cancel a synchronization job": "取消同步任务",
  "What is under way is broken off within seconds; what has arrived stays there. Takes the right to edit the image.":
    "正在进行的传输在几秒内中断，已传输的内容保留在目标仓库。需要镜像的编辑权限。",
  "The job, which has ended.": "已结束的任务。",
  "Repeat a synchronization job": "重新执行同步任务",
  "As a new job, with what the tag points to now. Takes the right to edit the image.":
    "作为新任务，使用镜像版本当前指向的内容。需要镜像的编辑权限。",
  "The new job, which begins at once.": "新任务，立即开始。",
  "Search images": "搜索镜像",
  "An image that is pushed while somebody pages by `updated` moves to the front: no page repeats it, when the newest come first.":
    "按 `updated` 翻页期间被推送的镜像会移到最前：最新的在前时，各页不会重复。",
  "`own`: images that the caller has a right to by account or permission; `sent`: those of them that are shared with other accounts, or were; `shared`: private images that other accounts share with the caller's; `public`: public images of all accounts; `all`: all of these.":
    "`own`：调用者通过账号或授权有权限的镜像；`sent`：其中正在或曾经共享给其他账号的镜像；`shared`：其他账号共享给本账号的私有镜像；`public`：所有账号的公开镜像；`all`：以上全部。",
  "Images of this category.": "该分类的镜像。",
  "Images that have a tag for this architecture.": "有该架构版本的镜像。",
  "Images of this organization.": "该组织的镜像。",
  "Only public images, or only private ones.": "只返回公开镜像，或只返回私有镜像。",
  "Search the image centre": "搜索镜像中心",
  "Also without credentials, unless the operator of the deployment allows no anonymous pulls.":
    "无需登录，除非部署的运维人员关闭了匿名下载。",
  "List organizations": "查询组织列表",
  "A page at a time, and those with a right to single images as well; SWR's list has neither.":
    "分页返回，并包括调用者只对其中部分镜像有权限的组织；SWR 的列表没有这两点。",
  "Part of the name, in upper or lower case: 1 to 64 characters.": "名称中包含的内容，不区分大小写：1 到 64 个字符。",
  "Those with whose images, all of them, the caller may do this: `edit` to upload new ones.":
    "调用者对其全部镜像有该权限的组织：`edit` 表示可以上传新镜像。",
  "A page of organizations.": "一页组织。",
  "Its name must be free in the whole registry; each user may create a number of them (5 by default).":
    "名称在整个镜像仓库中必须唯一；每个用户可创建的组织数量有上限（默认 5 个）。",
  "The organization, which the caller manages.": "创建的组织，调用者拥有管理权限。",
  "For everybody who has any right in it, if only to one of its images. To others it does not exist.":
    "对该组织或其中任一镜像有权限的用户均可查询；对其他人，该组织不存在。",
  "Only one that has no images. For ten minutes no other account can take its name. Takes the right to manage the organization.":
    "只能删除没有镜像的组织。十分钟内其他账号不能使用该名称。需要组织的管理权限。",
  "Show an organization's upstream registry": "查询组织的上游仓库",
  "With what that registry last said. Takes the right to manage the organization.":
    "包括上游仓库最近的响应情况。需要组织的管理权限。",
  "The registry; 404 when the organization stands for none.": "上游仓库；组织没有上游仓库时返回 404。",
  "Set an organization's upstream registry": "设置组织的上游仓库",
  "What is pulled from the organization comes from there then, and is kept; nothing can be pushed to it. Which registry, and which part of it, can be set only while the organization has no images. Takes the right to manage the organization.":
    "之后从该组织下载的内容取自上游仓库并保存，不能再向该组织推送。只有组织没有镜像时才能更改上游仓库及其范围。需要组织的管理权限。",
  "It stands for that registry.": "上游仓库已设置。",
  "Remove an organization's upstream registry": "移除组织的上游仓库",
  "Only one that has no images. Takes the right to manage the organization.": "组织须没有镜像。需要组织的管理权限。",
  "Images can be pushed to it.": "可以向该组织推送镜像。",
  "Show an organization's quotas": "查询组织的配额",
  "For everybody who has a right to all of its images, and for operators.":
    "对组织中全部镜像有权限的用户和运维人员均可查询。",
  "Exact at this moment.": "实时的准确数据。",
  "Change an organization's quotas": "修改组织的配额",
  "Operators only. A limit below what is used refuses further growth, and nothing else.":
    "仅限运维人员。上限低于已用量时，只拒绝继续增长。",
  "The quotas afterwards.": "修改后的配额。",
  "Show an account's quotas": "查询账号的配额",
  "For administrators of the account, and for operators.": "账号管理员和运维人员可以查询。",
  "Change an account's quotas": "修改账号的配额",
  "Show default quotas": "查询默认配额",
  "Operators only.": "仅限运维人员。",
  "The limits.": "配额上限。",
  "Change default quotas": "修改默认配额",
  "The limits afterwards.": "修改后的上限。",
  "For administrators also what all organizations of the account have together, and may have: what `/api/accounts/{name}/quota` tells.":
    "账号管理员还可看到账号下所有组织的合计用量和上限，与 `/api/accounts/{name}/quota` 相同。",
  "Show bytes pulled by day": "查询每日下载量",
  "For a member who does not administer the account: from the images they have a right to.":
    "非管理员的成员只统计其有权限的镜像。",
  "The report.": "统计报表。",
  "Show bytes stored by day": "查询每日存储量",
  "For administrators of the account.": "仅限账号管理员。",
  "Show recent activity": "查询最近动态",
  "The last pushes to all images that the caller has a right to by account or permission, and the last deliveries and the failing triggers of all images that they may edit.":
    "调用者通过账号或授权有权限的镜像的最近推送，以及其可以编辑的镜像的最近触发记录和失败的触发器。",
  "How many of each: 1 to 50, default 10.": "每类的条目数：1 到 50，默认 10。",
  "The newest first.": "最新的在前。",
  "Check for changes": "检查是否有变化",
  "A text for each kind of change to what the caller may see of their own account: it is another one than before once something has changed, and says nothing else. It costs little, so that lists can be followed by asking for it every few seconds. Sometimes it changes although nothing did that the caller sees.":
    "对调用者可见的本账号内容，每类变化对应一个文本：内容变化后文本随之改变，没有其他含义。开销很小，可以每隔几秒查询一次以刷新列表。有时调用者看不到任何变化，文本也会改变。",
  "The texts.": "各类文本。",
  "Sign a browser in": "浏览器登录",
  "Sets the cookie `__Host-berth_session` (without TLS, on one's own machine, `berth_session`). Requests that change something must then come from the same origin.":
    "设置 Cookie `__Host-berth_session`（在本机且没有 TLS 时为 `berth_session`）。之后修改内容的请求必须来自同源页面。",
  "Who one is now.": "当前登录的用户。",
  "Show the current session": "查询当前会话",
  "The user behind the request.": "发出请求的用户。",
  "Sign a browser out": "浏览器退出登录",
  "Also when the session has ended already.": "会话已结束时也可调用。",
  "The session has ended.": "会话已结束。",
  "Show the visitor, signed in or not": "查询当前访问者",
  "For pages that everybody may see: who has not logged in, or no longer is, is nobody here, where `GET /api/session` refuses.":
    "供所有人可见的页面使用：未登录或登录已失效时返回空用户，而 `GET /api/session` 会拒绝。",
  "The user behind the request, or nobody.": "发出请求的用户，或空。",
  "Change your password": "修改自己的密码",
  "Ends all other sessions, temporary login commands and refresh tokens of the user.":
    "结束该用户的其他所有会话、临时登录指令和刷新令牌。",
  "The new password holds.": "新密码已生效。",
  "Show the registry's settings and limits": "查询镜像仓库的设置与限制",
  "The settings.": "设置信息。",
  "Show the progress of secret rotation": "查询密钥轮换进度",
  "Operators.": "仅限运维人员。",
  "What is still under an older key.": "仍使用旧密钥加密的内容。",
  "Re-encrypt secrets with the current key": "立即用当前密钥重新加密",
  "Operators. As it is done every hour: some thousand at once, so it may take several requests.":
    "仅限运维人员。与每小时自动执行的相同：一次处理几千个，可能需要多次请求。",
  "What was done, and what is left.": "已完成和剩余的数量。",
  "Create an account": "创建账号",
  "List accounts": "查询账号列表",
  "A page.": "一页结果。",
  "Show an account": "查询账号详情",
  "For operators and the account's own users.": "运维人员和该账号的用户可以查询。",
  "Delete an account": "删除账号",
  "Operators only; never their own account, the deployment's first, nor one that still has organizations.":
    "仅限运维人员；不能删除自己的账号、部署的第一个账号，以及仍有组织的账号。",
  "The account is gone.": "账号已删除。",
  "List users": "查询用户列表",
  "A page of users.": "一页用户。",
  "Create a user": "创建用户",
  "Administrators of the account. Only operators make operators. The name `admin` is reserved for the deployment's own, and `oidc` for jobs. A robot gets its access keys at `POST /api/users/{name}/access-keys`.":
    "仅限账号管理员。只有运维人员可以创建运维人员。`admin` 保留给部署的管理员，`oidc` 保留给任务。机器人的访问密钥通过 `POST /api/users/{name}/access-keys` 创建。",
  "Change a user's role or password": "修改用户的角色或密码",
  "Administrators of the account; only operators change operators. An account keeps at least one administrator. A new password ends all of the user's logins but those by access key. One's own is changed at `PUT /api/session/password`.":
    "仅限账号管理员；运维人员只能由运维人员修改。账号至少保留一名管理员。设置新密码会结束该用户除访问密钥以外的所有登录。自己的密码通过 `PUT /api/session/password` 修改。",
  "Delete a user": "删除用户",
  "Administrators of the account. Sessions, access keys, login commands and permissions go with the user.":
    "仅限账号管理员。会话、访问密钥、登录指令和权限随用户一并删除。",
  "The user is gone.": "用户已删除。",
  "Create an access key": "创建访问密钥",
  "A user has at most 2. A robot makes none for itself.": "每个用户最多 2 个。机器人不能为自己创建。",
  "The key with its secret.": "访问密钥及其私钥。",
  "List your access keys": "查询自己的访问密钥列表",
  "The keys, without their secrets.": "访问密钥列表，不含私钥。",
  "Create an access key for a robot": "为机器人创建访问密钥",
  "Administrators of the account. A robot has at most 2.": "仅限账号管理员。每个机器人最多 2 个。",
  "List a user's access keys": "查询用户的访问密钥列表",
  "Administrators of the account.": "仅限账号管理员。",
  "Delete your access key": "删除自己的访问密钥",
  "The access key (AK).": "访问密钥 ID（AK）。",
  "The key is gone, and with it the permanent login command.": "访问密钥及对应的长期登录指令已失效。",
  "Delete a user's access key": "删除用户的访问密钥",
  "Administrators of the account; an operator's only operators.": "仅限账号管理员；运维人员的密钥只能由运维人员删除。",
  "List trust rules": "查询信任规则列表",
  "All rules, by name.": "全部规则，按名称排序。",
  "Create a trust rule": "创建信任规则",
  "Administrators of the account. At most 50 an account. The issuer is asked for its keys first; it has to be on the public network.":
    "仅限账号管理员。每个账号最多 50 条。创建时会先获取签发方的公钥；签发方必须在公网上。",
  "Show a trust rule": "查询信任规则详情",
  "Change a trust rule": "修改信任规则",
  "Administrators of the account. What jobs have got by the old ones writes nothing any more.":
    "仅限账号管理员。任务按旧规则获得的登录不能再写入任何内容。",
  "Delete a trust rule": "删除信任规则",
  "Administrators of the account. Its jobs log in no longer, and write nothing any more.":
    "仅限账号管理员。相关任务不能再登录，也不能再写入任何内容。",
  "The command and its parts.": "登录指令及其各部分。",
  "List your logins": "查询自己的登录列表",
  "Every browser, `X-Auth-Token` and refresh token that is logged in. A user has at most 100 of each kind: beyond that the one that was used least recently ends.":
    "所有已登录的浏览器、`X-Auth-Token` 和刷新令牌。每个用户每类最多 100 个：超出时，最久未使用的会被结束。",
  "The logins, without their secrets.": "登录列表，不含凭证内容。",
  "End your other logins": "结束自己的其他登录",
  "All of them for requests that come with no login, but with a password or a signature.":
    "用密码或签名（而非登录）发出的请求会结束全部登录。",
  "They have ended.": "已结束。",
  "End one of your logins": "结束自己的一个登录",
  "The id of the login.": "登录的 ID。",
  "The login has ended. Tokens that it got pull for their few minutes, and manage nothing any more.":
    "登录已结束。由它获得的令牌在剩余的几分钟内仍可下载，但不能再管理任何内容。",
  "List a user's logins": "查询用户的登录列表",
  "Administrators of the account; those of an operator are for operators only.":
    "仅限账号管理员；运维人员的登录只有运维人员可以查看和结束。",
  "End all of a user's logins": "结束用户的全部登录",
  "Administrators of the account; those of an operator are for operators only. The login that the request came with goes on.":
    "仅限账号管理员；运维人员的登录只有运维人员可以查看和结束。发出此请求的登录保留。",
  "End one of a user's logins": "结束用户的一个登录",
  "A sentence that names the culprit.": "说明具体原因的句子。",
  "Particulars, such as names.": "详情，例如名称。",
  "As those of `Reason`.": "与 `Reason` 中的相同。",
  "What of the request is wrong.": "请求中有误的部分。",
  "The sentence in codes, where it says more than `code`.": "以代码表示的原因，当其比 `code` 更具体时提供。",
  "The newer and the older of SWR's formats at once: clients read either.":
    "同时包含 SWR 的新旧两种格式，客户端可读取任意一种。",
  "The newest minor version.": "最新的次版本号。",
  "The oldest minor version.": "最早的次版本号。",
  "1 to 64 lower-case letters, digits, `.`, `_` and `-`; the first is a letter, the last no separator.":
    "1 到 64 个小写字母、数字、`.`、`_` 和 `-`；以字母开头，不以分隔符结尾。",
  "Empty when the creator is no longer a user.": "创建者已不是用户时为空。",
  "What the caller may do with all its images: 1 read, 3 edit, 7 manage. Also 1 where the organization is visible for single images only.":
    "调用者对组织中全部镜像的权限：1 读取，3 编辑，7 管理。只因部分镜像而可见的组织也为 1。",
  "How many users have a permission on all its images.": "对组织中全部镜像有权限的用户数。",
  "How many images it has that the caller has a right to.": "组织中调用者有权限的镜像数。",
  "The same user's name.": "同一用户的名称。",
  "1 read, 3 edit, 7 manage.": "1 读取，3 编辑，7 管理。",
  "Name of the image without its organization: 1 to 128 characters; it may have slashes.":
    "不含组织的镜像名称：1 到 128 个字符，可以包含斜杠。",
  "Whether everybody may pull it.": "是否所有人都可下载。",
  "`arms` is the same as `arm`.": "`arms` 等同于 `arm`。",
  "0 to 30000 characters.": "0 到 30000 个字符。",
  "Of its organization.": "所属组织。",
  "Empty when none was ever set.": "从未设置时为空。",
  "Empty when the creator is no longer a user, and for callers who have no right in its account.":
    "创建者已不是用户，或调用者在该账号中没有权限时为空。",
  "Bytes of its blobs, each counted once.": "所有层的字节数，每个只计一次。",
  "Tags.": "镜像版本。",
  "Pulls.": "下载次数。",
  "What to pull it by.": "下载时使用的地址。",
  "The account that it belongs to.": "所属账号。",
  "What is absent stays as it is.": "未提供的字段保持不变。",
  "Cut off where the descriptions of a page could have more than 300000 characters together, that is after 300 at a limit of 1000; whole up to a limit of 10.":
    "一页的描述合计可能超过 300000 个字符时会截断，即 limit 为 1000 时每条最多 300 个字符；limit 不超过 10 时完整返回。",
  "Whether it is shared at the moment; false in lists of own images.": "当前是否已共享；自有镜像列表中为 false。",
  "The newest 100 tags; fewer beyond a limit of 100.": "最新的 100 个版本；limit 超过 100 时更少。",
  "How many images the whole list has.": "列表中的镜像总数。",
  "The digest of its configuration without `sha256:`; of an index, and where `manifest` is left out, its own.":
    "配置的摘要，不含 `sha256:`；多平台镜像以及未返回 `manifest` 时，为清单自身的摘要。",
  "The manifest as it was pushed; empty where it has more than 1 MiB. Lists leave out the longest of a page whose manifests have more than that together, and those of more than 600 kB.":
    "推送时的清单；超过 1 MiB 时为空。一页的清单合计超过该大小时，列表省略其中最长的，以及超过 600 kB 的。",
  "Bytes of all its blobs, an index's children's too, each counted once.":
    "所有层的字节数，包括多平台镜像各平台的层，每个只计一次。",
  "When it was last moved.": "最近一次更新的时间。",
  "0: a manifest, 1: an index.": "0：单个清单，1：多平台镜像。",
  "Moves a destination that is there already.": "目标版本已存在时将其覆盖。",
  "As it was given.": "与提交时相同。",
  "True until the share ends.": "共享到期前为 true。",
  "The name of another account.": "其他账号的名称。",
  "Shared images can be pulled, and nothing else.": "共享的镜像只能下载。",
  "`forever`, or a time or date. Only its day in UTC counts: the share ends with it.":
    "`forever`，或一个时间或日期（只取日期，UTC）：共享在当天结束时到期。",
  "0 to 1000 characters.": "0 到 1000 个字符。",
  "`exist` is false when there is no such share.": "没有该共享时 `exist` 为 false。",
  "Without `description`, that stays as it is.": "未提供 `description` 时保持不变。",
  "1 to 64 letters, digits, `_` and `-`: the first a letter, and `_` and `-` only single and not at the end.":
    "1 到 64 个字母、数字、`_` 和 `-`：以字母开头，`_` 和 `-` 不能连续，也不能在末尾。",
  "The image of a workload's containers is set.": "更新工作负载中容器的镜像。",
  "Of the workload. `/api/` knows further kinds.": "工作负载的类型。`/api/` 支持更多类型。",
  "The name of the workload.": "工作负载的名称。",
  "Its namespace.": "工作负载的命名空间。",
  "Of a cluster of the organization, which `/api/organizations/{organization}/clusters` manages.":
    "组织中的集群，通过 `/api/organizations/{organization}/clusters` 管理。",
  "The name of that cluster. One of both is enough.": "该集群的名称。两者提供其一即可。",
  "The container whose image is set; empty: all that use an image of this repository.":
    "要更新镜像的容器；为空表示使用该镜像的所有容器。",
  "`all`: every tag. `tag`: those that are named. `regular`: those that match a pattern.":
    "`all`：全部版本。`tag`：指定的版本。`regular`：匹配模式的版本。",
  "Of no meaning for `all`. For `tag`: tags, separated by `;`. For `regular` a glob for the whole tag: `*` is any characters but `/`, `**` any, `?` one but `/`, `{a,b}` one of these, and `\\` takes the next as it is. Or, where it begins with `^` or ends with `$`, a regular expression in RE2's syntax, such as `^v[0-9]+$`, which matches where its anchors say.":
    "`all` 时无意义。`tag` 时为以 `;` 分隔的版本。`regular` 时为匹配整个版本名的通配符：`*` 匹配除 `/` 外的任意字符，`**` 匹配任意字符，`?` 匹配除 `/` 外的一个字符，`{a,b}` 匹配其中之一，`\\` 转义下一个字符；以 `^` 开头或 `$` 结尾时，为 RE2 语法的正则表达式，例如 `^v[0-9]+$`，按其锚点匹配。",
  "A text, not a boolean.": "文本，而非布尔值。",
  "`cci` is refused: there is no Cloud Container Instance.": "`cci` 不受支持：没有云容器实例。",
  "`update`, or `webhook` for what only `/api/` can make.": "`update`；`webhook` 只能通过 `/api/` 创建。",
  "Empty for a webhook.": "Webhook 时为空。",
  "Empty for all.": "为空表示全部。",
  "How a `regular` condition is read: as a `glob` or as a regular expression (`re2`). Empty for the others.":
    "`regular` 条件的解析方式：通配符（`glob`）或正则表达式（`re2`）。其他条件为空。",
  "`cce`; empty for a webhook.": "`cce`；Webhook 时为空。",
  "What it did last, newest first: no tests, and not what a newer push overtook.":
    "最近的触发记录，最新的在前：不含测试，也不含被更新的推送取代的记录。",
  "Who pushed.": "推送者。",
  "When it was pushed.": "推送时间。",
  "The name of a remote registry of the account: `/api/remotes`.": "本账号中远端仓库的名称，见 `/api/remotes`。",
  "The organization there.": "目标仓库中的组织。",
  "Whether pushes set it off.": "是否由推送触发。",
  "Whether a tag that is there with another digest is moved.": "目标仓库中版本已存在但摘要不同时，是否覆盖。",
  "The account that the image belongs to.": "镜像所属的账号。",
  "With `/`.": "含 `/`。",
  "The tags.": "镜像版本列表。",
  "Who set it off; empty for the registry itself.": "触发者；由镜像仓库自身触发时为空。",
  "Of no meaning, since a policy has one rule.": "无意义，因为一个策略只有一条规则。",
  "`date_rule`: tags last pushed too many days ago go. `tag_rule`: only the newest tags stay.":
    "`date_rule`：清理推送时间过久的版本。`tag_rule`：只保留最新的若干版本。",
  "Of a `date_rule`: 1 to 365.": "`date_rule` 时：1 到 365。",
  "Of a `tag_rule`: 1 to 1000.": "`tag_rule` 时：1 到 1000。",
  "Of a label: a tag. Of a regexp: an expression in RE2's syntax, for the whole tag.":
    "label 时为镜像版本；regexp 时为匹配整个版本名的 RE2 正则表达式。",
  "Tags that the rule does not concern and does not count: at most 100.": "不受规则影响、也不计数的版本：最多 100 个。",
  "Always empty.": "始终为空。",
  "In the order that they were given in.": "按提交时的顺序。",
  "The rule as it was, in JSON.": "当时的规则（JSON）。",
  "What was deleted.": "被删除的内容。",
  "When the run began that deleted it.": "执行删除的那次运行的开始时间。",
  "What is limited.": "受限的资源。",
  "-1: not limited.": "-1：不限制。",
  "Empty where things are counted.": "计数类资源时为空。",
  "The caller's account.": "调用者的账号。",
  "Organizations.": "组织。",
  "Images.": "镜像。",
  "Bytes stored, each blob once in each organization; of single images, once in each image.":
    "存储的字节数，每个层在每个组织中只计一次；单个镜像时，在每个镜像中只计一次。",
  "Bytes pulled within 30 days.": "30 天内下载的字节数。",
  "A day in UTC.": "日期（UTC）。",
  "Login commands from `utils/authorizationtoken`.": "通过 `utils/authorizationtoken` 创建登录指令。",
  "Triggers for Cloud Container Instance.": "云容器实例的触发器。",
  "The experience centre.": "体验馆。",
  "Host Security Service.": "主机安全服务。",
  "Labels of images.": "镜像标签。",
  "Quotas of images: `image` of `quotas`.": "镜像数量配额：`quotas` 中的 `image`。",
  "Scanning of images.": "镜像扫描。",
  "Synchronization with other registries, which SWR calls regions.": "同步到其他镜像仓库（SWR 中称为区域）。",
  "Lists of API v3.": "v3 版列表接口。",
  "Pipelines.": "流水线。",
  "The image centre, as SWR's API has it.": "SWR API 形式的镜像中心。",
  "Signatures with SM3.": "SM3 签名。",
  "By host of the registry: `user:password` in base64, as docker's `config.json` has it.":
    "以镜像仓库的主机为键：base64 编码的 `user:password`，与 docker 的 `config.json` 相同。",
  "Whether triggers may call clusters: always true.": "触发器能否访问集群：始终为 true。",
  "Its tag; empty when it has none.": "版本名称；没有时为空。",
  "What it is attached to.": "所附属的对象。",
  "`signature.cosign`, `signature.notation`, `attestation.cosign`, `sbom.cosign`; of others the manifest's artifact type, or `other`.":
    "`signature.cosign`、`signature.notation`、`attestation.cosign`、`sbom.cosign`；其他为清单的制品类型或 `other`。",
  "The `marker` of the next page; absent on the last one.": "下一页的 `marker`；最后一页没有。",
  "Whether there is a next page.": "是否还有下一页。",
  "The `marker` of the next page; absent on the last one. A page may have fewer images than were asked for, even none, and a next one all the same: it looks at a bounded number.":
    "下一页的 `marker`；最后一页没有。每页查看的数量有上限，因此一页的镜像可能少于请求的数量，甚至为空，但仍有下一页。",
  "Its organization.": "所属组织。",
  "The same, as the list of references calls it.": "同上，与引用列表中的名称一致。",
  "24 hours from now.": "24 小时之后。",
  "The user's account.": "用户所属的账号。",
  "Whether it administers the account.": "是否为账号管理员。",
  "`default`: with a password and with access keys.": "`default`：可使用密码和访问密钥。",
  "Whether the password must be changed: never.": "是否必须修改密码：始终不必。",
  "Empty when there is no such organization, or none that the caller knows.": "组织不存在或调用者不可见时为空。",
  "1 read, 3 edit, 7 manage; 0 for none.": "1 读取，3 编辑，7 管理；0 表示没有权限。",
  "Its id.": "其 ID。",
  "The `cursor` of the next page; null when this is the last one. A page of a list that is searched or filtered may have fewer entries than were asked for, even none, and a next one all the same: it looks at a bounded number.":
    "下一页的 `cursor`；最后一页为 null。搜索或筛选的列表每页查看的数量有上限，因此一页的条目可能少于请求的数量，甚至为空，但仍有下一页。",
  "Whose event it is; null when that account is gone.": "事件所属的账号；账号已删除时为 null。",
  "Who caused it, or the name that a login was tried with.": "操作者，或登录时尝试的用户名。",
  "The client's IP address.": "客户端的 IP 地址。",
  "What it was done to.": "操作的对象。",
  "Further particulars.": "其他详情。",
  "For how many days what nothing needs is kept.": "不再需要的数据保留的天数。",
  "What a collection would take now.": "现在执行回收会清理的内容。",
  "The last 20 runs, the newest first.": "最近 20 次运行，最新的在前。",
  "Objects in R2: those of the blobs, and those that no blob has.":
    "R2 中的对象：层对应的对象，以及不属于任何层的对象。",
  "Bytes of the objects.": "对象的字节数。",
  "False when there is more than was counted: 50,000 of a kind.": "超出统计范围时为 false：每类最多统计 50,000 个。",
  "What nothing needs at present, also within its grace period.": "当前不再需要的数据，包括仍在宽限期内的。",
  "Null when it is still going, or died.": "仍在运行或异常中止时为 null。",
  "How long it took.": "运行时长。",
  "Whether nothing was left that was due.": "到期的数据是否已全部清理。",
  "Whether nothing is left that is due, or, in a dry run, whether all of it was counted.":
    "到期的数据是否已全部清理；预览时，表示是否已全部统计。",
  "Whether a part of the run failed: the Worker's log says why, the rest was done, and the next run tries it again. Repeating the request at once will hardly help.":
    "运行是否有部分失败：原因见 Worker 的日志，其余部分已完成，下次运行会重试。立即重复请求通常没有帮助。",
  "Whether the search for objects that no blob has, which goes on where the last run ended, came to the end.":
    "对不属于任何层的对象的查找（从上次结束处继续）是否已到末尾。",
  "Only tell what would go.": "只统计将要清理的内容。",
  "Whether manifests stay that no tag, index or subject needs.": "没有版本、多平台镜像或 subject 需要的清单是否保留。",
  "The sizes of its images: a blob that two have counts twice.": "各镜像大小之和：两个镜像共有的层计两次。",
  "Bytes of its blobs, each counted once: what its quota counts.": "所有层的字节数，每个只计一次，即配额统计的值。",
  "Bytes of its blobs, each counted once. At the end of the day, on the running one now. Null for a day before it was created, or before Berth wrote it down.":
    "所有层的字节数，每个只计一次。为当天结束时的值，当天为实时值。创建之前或 Berth 开始记录之前的日期为 null。",
  "Without those of signatures and the like. At the end of the day, on the running one now. Null for a day before it was created, or before Berth wrote it down.":
    "不含签名等附属版本。为当天结束时的值，当天为实时值。创建之前或 Berth 开始记录之前的日期为 null。",
  "Oldest first; the last one is still running.": "从旧到新排列；最后一天尚未结束。",
  "Without its organization.": "不含组织。",
  "Whose image it is.": "镜像所属的账号。",
  "`other` also where none was ever set.": "从未设置时也为 `other`。",
  "What its tags are for, as far as that is known.": "各版本已知的架构。",
  "What the caller may do with it.": "调用者对它的权限。",
  "How many tags it has, without signatures and the like.": "镜像版本数，不含签名等附属版本。",
  "Bytes of all its blobs, each counted once.": "所有层的字节数，每个只计一次。",
  "How often it was pulled.": "下载次数。",
  "Last push, deletion or change of a property.": "最近一次推送、删除或修改属性的时间。",
  "Whether the caller has a right to it in its own account. Others pull it because it is shared or public, and are not told of its history, rules and rights.":
    "调用者在镜像所属账号中是否有权限。其他人因共享或公开而下载，看不到历史、规则和权限。",
  "How many tags belong to others, which `tags` does not count: signatures and the like.":
    "附属于其他版本、不计入 `tags` 的版本数：签名等。",
  "Null for callers who have no right in its account.": "调用者在该账号中没有权限时为 null。",
  "How many of its triggers fail, as `GET /api/activity` has them; null for callers who may not edit it.":
    "失败的触发器数量，与 `GET /api/activity` 一致；没有编辑权限时为 null。",
  "A `cache` is BuildKit's: it fires no trigger that does not name it, and aging does not count it.":
    "`cache` 为 BuildKit 的缓存：只触发指定了它的触发器，老化时不计数。",
  "Manifests that refer to it, such as signatures: the first 10 by digest.":
    "引用它的清单，例如签名：按摘要排序的前 10 个。",
  "Tags that belong to it, such as cosign's: they are deleted and restored with it, and are not in this list themselves. The first 20 by name.":
    "附属于它的版本，例如 cosign 的签名：随它一同删除和恢复，自身不在此列表中。按名称排序的前 20 个。",
  "What it is, if it is no image.": "不是镜像时的类型。",
  "Bytes of its blobs, an index's children's too, each once: of the first 2000.":
    "所有层的字节数，包括多平台镜像各平台的层，每个只计一次：统计前 2000 个。",
  "What it is for, as far as that is known: the first 20.": "已知的适用平台：前 20 个。",
  "How many there are.": "数量。",
  "Whether a rule keeps it from being overwritten and deleted.": "是否有规则防止它被覆盖和删除。",
  "What it is.": "类型。",
  "Those that tell whether a bundle of Sigstore's holds a signature, as far as they are there.":
    "说明 Sigstore 包中是否有签名的注解（如果有）。",
  "What it is, as far as its name tells.": "从名称判断的类型。",
  "Its own manifest.": "其自身的清单。",
  "Bytes of the manifest itself.": "清单自身的字节数。",
  "The manifest that this one refers to.": "该清单引用的清单。",
  "The first 100 of its tags, by name.": "按名称排序的前 100 个版本。",
  "How many tags lead to it; 1000: or more.": "指向它的版本数；1000 表示 1000 或更多。",
  "How many manifests refer to this one; 1000: or more.": "引用它的清单数；1000 表示 1000 或更多。",
  "Tags that belong to it, such as cosign's: the first 20 by name.":
    "附属于它的版本，例如 cosign 的签名：按名称排序的前 20 个。",
  "When it was first pushed.": "首次推送的时间。",
  "Of an index, the first 500; null otherwise.": "多平台镜像的前 500 个；否则为 null。",
  "Of an image or artifact, the first 1000; null otherwise.": "镜像或制品的前 1000 个；否则为 null。",
  "Why an image has no `config` here: it may have 1048576 bytes.":
    "镜像没有 `config` 的原因：配置最大为 1048576 字节。",
  "The fields that are shown in part, for an answer shows no more than about a MiB of a manifest and 256 KiB of a configuration. Empty for nearly every image. The text of the manifest, and the configuration's blob, are whole.":
    "只显示部分内容的字段：响应最多显示约 1 MiB 的清单和 256 KiB 的配置。绝大多数镜像为空。清单原文和配置的数据是完整的。",
  "The child that this one, an attestation, is about.": "该证明（attestation）所针对的平台清单。",
  "The command that made it; null when the history does not tell.": "生成该层的命令；历史中没有时为 null。",
  "It changed the configuration only.": "只修改了配置。",
  "The layer that it made, where that can be told.": "生成的层（能够确定时）。",
  "Seconds.": "秒。",
  "`NONE`, or `CMD` or `CMD-SHELL` and what follows it.": "`NONE`，或 `CMD`、`CMD-SHELL` 及其后的内容。",
  "Nanoseconds.": "纳秒。",
  "Docker's `HEALTHCHECK`.": "Docker 的 `HEALTHCHECK`。",
  "What else it says: JSON texts by the names of its fields, such as `config.Memory`, without empty ones.":
    "其他内容：以字段名（如 `config.Memory`）为键的 JSON 文本，不含空值。",
  "What is absent, or not as OCI specifies it, is null.": "缺少的或不符合 OCI 规范的字段为 null。",
  "Its name without the organization; it may have slashes.": "不含组织的名称，可以包含斜杠。",
  "What it is for.": "适用平台。",
  "What is left out stays.": "未提供的字段保持不变。",
  "Bytes of all its blobs, an index's children's too, each once.":
    "所有层的字节数，包括多平台镜像各平台的层，每个只计一次。",
  "When the tag was first made.": "版本首次创建的时间。",
  "The new tag: letters, digits, `_`, `.` and `-`, the first no `.` or `-`.":
    "新版本的名称：字母、数字、`_`、`.` 和 `-`，不以 `.` 或 `-` 开头。",
  "The tag whose manifest it is to point to.": "新版本所指向的清单来自该版本。",
  "Move the tag if it is there already.": "版本已存在时将其覆盖。",
  "A manifest or index as the OCI image specification has it.": "符合 OCI 镜像规范的清单或多平台索引。",
  "Null when the user is gone.": "用户已删除时为 null。",
  "Which tags: `*` is any characters, `?` one, `[a-z]` one of these, `[^a-z]` one other than these. Upper and lower case differ.":
    "匹配的版本：`*` 匹配任意字符，`?` 匹配一个字符，`[a-z]` 匹配其中之一，`[^a-z]` 匹配其外的一个字符。区分大小写。",
  "`date_rule`: tags last pushed `amount` days ago or longer go. `tag_rule`: only the newest `amount` tags stay.":
    "`date_rule`：清理推送时间达到 `amount` 天的版本。`tag_rule`：只保留最新的 `amount` 个版本。",
  "Of a `date_rule` 1 to 365 days, of a `tag_rule` 1 to 1000 tags.":
    "`date_rule` 时为 1 到 365 天，`tag_rule` 时为 1 到 1000 个版本。",
  "Tags that it does not concern.": "不受规则影响的版本。",
  "Regular expressions (RE2) for whole tags that it does not concern.":
    "不受规则影响的版本，以匹配整个版本名的正则表达式（RE2）表示。",
  "Why it deletes nothing: it was accepted by older limits, and is to be saved anew. Null: it holds.":
    "规则不清理任何版本的原因：规则按旧的限制保存，需要重新保存。null 表示规则有效。",
  "The sentence's parts, in codes. Empty where only the sentence is known.": "以代码表示的句子各部分。只有句子时为空。",
  "Later versions have more of them.": "后续版本会增加新的代码。",
  "What fills in the code's sentence.": "填入代码对应句子中的值。",
  "A text, a number, or another reason as a part of the sentence.": "文本、数字，或作为句子一部分的另一个原因。",
  "Exempt tags do not count among the newest. A rule has at most 100 exemptions.":
    "豁免的版本不计入最新的版本。每条规则最多 100 个豁免。",
  "Whether the rule would delete it.": "规则是否会删除它。",
  "Exempt by `label` or `pattern`, or `immutable`; `young` or `newest` enough; `too-old`; or one of `too-many`.":
    "因 `label` 或 `pattern` 豁免，或受保护（`immutable`）；足够新（`young` 或 `newest`）；过旧（`too-old`）；或数量过多（`too-many`）。",
  "What it pointed to.": "当时指向的内容。",
  "As it was; of long lists of labels and patterns the beginning, and `…`.":
    "当时的规则；标签和模式列表过长时只显示开头和 `…`。",
  "Null when aging did it, or when the user is gone.": "由老化删除，或用户已删除时为 null。",
  "Of a signature, an SBOM and the like: the image that it was deleted with, and comes back with by itself.":
    "签名、SBOM 等附属版本：随该镜像一同删除，并会自动随其恢复。",
  "At the latest: it ends earlier when somebody deletes what the tag pointed to.":
    "最晚的时间：若有人删除了该版本指向的内容，则会提前失效。",
  "What it points to since then; null when it was deleted.": "此后指向的内容；被删除时为 null。",
  "What it pointed to until then; null when it was not there.": "此前指向的内容；之前不存在时为 null。",
  "Who did it; null when the user is gone.": "操作者；用户已删除时为 null。",
  "`immutable`: a rule keeps it. `unknown`: there is none of that name.":
    "`immutable`：受规则保护。`unknown`：没有该名称的版本。",
  "Of sent shares: with whom. Of received ones: whose image it is.": "发出的共享为对方账号；收到的共享为镜像所属账号。",
  "As it was given: `forever`, or a day at whose end (UTC) it ends.":
    "与提交时相同：`forever`，或在其结束时（UTC）到期的日期。",
  "The first moment at which it no longer holds.": "共享失效的时刻。",
  "Whether it holds: not when it has ended, nor while the image is public.": "是否有效：已到期或镜像公开期间为 false。",
  "The first moment at which it no longer holds; null: never.": "共享失效的时刻；null 表示长期有效。",
  "True until it ends. While the image is public, its shares mean nothing all the same.":
    "到期前为 true。但镜像公开期间，共享不起作用。",
  "`forever`, or a date or time. Only its day in UTC counts: the share ends with it.":
    "`forever`，或日期，或只取日期部分的时间（UTC）：共享在当天结束时到期。",
  "Without `note`, that stays as it is.": "未提供 `note` 时保持不变。",
  "Everybody else who was granted a right here: at most 10000 users.": "其他在此获得授权的用户：最多 10000 个。",
  "Name of a user of the caller's account.": "本账号中的用户名。",
  "The user's id.": "用户的 ID。",
  "`read` pulls, `edit` also pushes, `manage` also deletes, grants and shares.":
    "`read` 可下载，`edit` 还可推送，`manage` 还可删除、授权和共享。",
  "What the caller may do, from all permissions together.": "调用者的权限，无论来源。",
  "Of the layer as it is stored, compressed with gzip.": "存储的层（gzip 压缩后）的摘要。",
  "Bytes, compressed.": "压缩后的字节数。",
  "The image's name. It need not exist.": "镜像名称，可以尚不存在。",
  "Digests of what layers unpack to, as `rootfs.diff_ids` of a configuration has them.":
    "层解压后的摘要，与配置中的 `rootfs.diff_ids` 一致。",
  "What it delivered last; null for nothing yet.": "最近一次触发；没有时为 null。",
  "The name of a cluster of the organization.": "组织中集群的名称。",
  "The container whose image is set; null for all that use an image of this repository.":
    "要更新镜像的容器；null 表示使用该镜像的所有容器。",
  "Whether images are named by their digest, not by their tag.": "镜像是否以摘要（而非版本）表示。",
  "Over HTTPS and on the public network.": "须使用 HTTPS，且在公网上。",
  "The secret itself is never shown.": "密钥本身不会显示。",
  "The authorization itself is never shown.": "认证信息本身不会显示。",
  "A receiver that answers 410 switches it off.": "接收方返回 410 时，触发器会被停用。",
  "Whether also when a tag is pushed again with the digest that it has.": "以相同的摘要重复推送版本时是否也触发。",
  "It is changed as a whole. Another `url` takes its secrets anew, or null for each that is set.":
    "作为整体修改。更换 `url` 时，须重新提供已设置的密钥，或以 null 清除。",
  "Signs the body. Absent: the one that is set stays; null: none.": "用于对请求体签名。不提供：保持不变；null：清除。",
  "Sent as it is in the header `Authorization`. Absent: as it is; null: none.":
    "原样放入请求头 `Authorization`。不提供：保持不变；null：清除。",
  "The image's newest tags, at most 50, the newest first.": "镜像最新的版本，最多 50 个，最新的在前。",
  "By which a receiver knows a repetition: `Webhook-Id`.": "接收方据此识别重复的通知：`Webhook-Id`。",
  "Who pushed, or asked for the test.": "推送者，或发起测试的用户。",
  "`pending`: to be tried, or tried again. `rolling`: the workload is changed, and its rollout is watched. `superseded`: something newer took its place. `dead`: tried as often as may be.":
    "`pending`：等待执行或重试。`rolling`：工作负载已修改，正在等待滚动更新完成。`superseded`：已被更新的触发取代。`dead`：已达到最大重试次数。",
  "What came of it last, in a sentence.": "最近的结果（句子）。",
  "When it is due; null when it is done.": "计划执行的时间；已结束时为 null。",
  "Signatures and authorization are `•••`. The timestamp is that of the last try.":
    "签名和认证信息显示为 `•••`。时间戳为最近一次尝试的。",
  "What a webhook is sent, made anew from the event: if the trigger was changed since the last try, what the next one is sent. Null for a workload in a cluster.":
    "发送给 Webhook 的内容，根据事件重新生成：若最近一次尝试后修改了触发器，则为下一次发送的内容。目标为集群工作负载时为 null。",
  "Milliseconds.": "毫秒。",
  "The answer's; null when there was none.": "响应的状态码；没有响应时为 null。",
  "Its first 2 KiB.": "响应的前 2 KiB。",
  "What SWR's API calls `cluster_id`.": "SWR API 中的 `cluster_id`。",
  "The address of its API server, over HTTPS and on the public network.":
    "API Server 的地址，须使用 HTTPS，且在公网上。",
  "The certificates that its own may be signed by, in PEM, as in `ca.crt`: at most 16 KiB. Null for those that everybody trusts.":
    "可以签发其证书的 CA 证书（PEM 格式，与 `ca.crt` 相同）：最大 16 KiB。null 表示使用公共 CA。",
  "The only namespaces whose workloads triggers may name, also those of administrators; none: all.":
    "触发器（包括管理员的）只能使用这些命名空间中的工作负载；为空表示不限制。",
  "Its token is never shown.": "令牌不会显示。",
  "1 to 128 letters, digits, `.`, `_` and `-`; the first and the last are letters or digits.":
    "1 到 128 个字母、数字、`.`、`_` 和 `-`；首尾须为字母或数字。",
  "A service account's token: at most 16384 characters. It is stored encrypted.":
    "ServiceAccount 的令牌：最多 16384 个字符。加密存储。",
  "Whether to save only what works: the server answers, and takes the token.":
    "是否只在可用时保存：API Server 有响应且接受该令牌。",
  "What is absent stays as it is. Another `server` takes the `token` anew.":
    "未提供的字段保持不变。更换 `server` 时须重新提供 `token`。",
  "What does not work; null when all does.": "不可用的原因；全部可用时为 null。",
  "Whether the token's account may update workloads there; absent: only whether it is taken.":
    "令牌所属的账号能否更新该命名空间的工作负载；不提供时只检查令牌是否有效。",
  "The name of a workload; absent: any.": "工作负载的名称；不提供表示任意。",
  "What SWR's API calls `remoteRegionId`.": "SWR API 中的 `remoteRegionId`。",
  "Its address, over HTTPS and on the public network; a host alone will do, and `docker.io` for Docker Hub.":
    "地址，须使用 HTTPS，且在公网上；可以只写主机名，Docker Hub 为 `docker.io`。",
  "Who logs in there; null: nobody.": "登录所用的用户名；null 表示匿名。",
  "A registry elsewhere. Its password is never shown.": "其他镜像仓库。密码不会显示。",
  "Letters, digits, `.`, `_` and `-`; the first and the last are letters or digits.":
    "字母、数字、`.`、`_` 和 `-`；首尾须为字母或数字。",
  "A password or access token. It is stored encrypted.": "密码或访问令牌。加密存储。",
  "Whether to save only what works: the registry answers, and takes the credentials.":
    "是否只在可用时保存：远端仓库有响应且接受该凭证。",
  "What is absent stays as it is. Another `url` or `username` takes the `password` anew.":
    "未提供的字段保持不变。更换 `url` 或 `username` 时须重新提供 `password`。",
  "What comes before the image's name there: an organization or a path. Empty: nothing.":
    "目标仓库中镜像名称之前的部分：组织或路径。为空表示没有。",
  "A glob for tags: `*` is any characters but `/`, `**` any, `?` one but `/`, `{a,b}` one of these, and `\\` takes the next as it is. `**`: all.":
    "匹配版本的通配符：`*` 匹配除 `/` 外的任意字符，`**` 匹配任意字符，`?` 匹配除 `/` 外的一个字符，`{a,b}` 匹配其中之一，`\\` 转义下一个字符。`**` 表示全部。",
  "Whether a tag that is there with another digest is moved. If not, the job ends as `existed`.":
    "目标仓库中版本已存在但摘要不同时，是否覆盖。不覆盖时，任务以 `existed` 结束。",
  "Whether signatures, attestations, SBOMs and all else that refers to the image come along, later ones as well.":
    "是否同时同步签名、证明、SBOM 等引用该镜像的内容，包括之后添加的。",
  "Whether pushes, retags and restored tags set it off.": "推送、添加或恢复版本时是否自动同步。",
  "Whether a tag that is deleted here is deleted there.": "在此删除版本时，是否同时删除目标仓库中的版本。",
  "What is absent stays as it is. Another target is another rule.": "未提供的字段保持不变。更换目标须新建规则。",
  "How many jobs this request has made.": "本次请求创建的任务数。",
  "The `cursor` to go on with; null when all have been made.": "用于继续的 `cursor`；已全部创建时为 null。",
  "The `next` of the request before; absent at first.": "上一次请求的 `next`；首次不填。",
  "A glob for images of the organization, without its name: `*` is any characters but `/`, `**` any, `?` one but `/`, `{a,b}` one of these, and `\\` takes the next as it is. `**`: all.":
    "匹配组织中镜像（不含组织名称）的通配符：`*` 匹配除 `/` 外的任意字符，`**` 匹配任意字符，`?` 匹配除 `/` 外的一个字符，`{a,b}` 匹配其中之一，`\\` 转义下一个字符。`**` 表示全部。",
  "Tags that the image does not have.": "镜像中不存在的版本。",
  "Null: all.": "null 表示全部。",
  "The `next` of the request before, with all tags; absent at first.": "同步全部版本时上一次请求的 `next`；首次不填。",
  "Its whole name.": "完整名称。",
  "Null when somebody asked for it without one. It may be gone.": "没有规则而手动发起时为 null。规则可能已删除。",
  "What the tag points to; of a deletion, what it pointed to.": "版本指向的内容；删除时为原来指向的内容。",
  "Who pushed, deleted, or asked for it.": "推送、删除或发起者。",
  "`waiting`: to be begun, or tried again. `cancel`: somebody cancelled it, or a newer push took its place. `timeout`: given up, because the target gave no answer. `existed`: the tag is there with another digest, and is not to be moved.":
    "`waiting`：等待开始或重试。`cancel`：已被取消，或被更新的推送取代。`timeout`：目标没有响应，已放弃。`existed`：目标中版本已存在且摘要不同，按设置不覆盖。",
  "How many in a row have brought nothing: 12 at most.": "连续失败的次数：最多 12 次。",
  "Of blobs that are there.": "目标仓库中已有的层的字节数。",
  "Of all blobs; null while that is not known.": "所有层的字节数；尚不确定时为 null。",
  "When it is due; null when it has ended.": "计划执行的时间；已结束时为 null。",
  "What the target refused it with; null without an answer.": "目标仓库拒绝时的状态码；没有响应时为 null。",
  "Those that did not bring it to its end.": "未能完成任务的各次尝试。",
  "Its first 200 characters.": "前 200 个字符。",
  "What the caller may do with all its images; null: a right to single images only.":
    "调用者对组织中全部镜像的权限；null 表示只对部分镜像有权限。",
  "The name of a remote registry of the organization's account.": "组织所属账号中远端仓库的名称。",
  "The remote registry's address.": "远端仓库的地址。",
  "What the names of images begin with there: with `bitnami`, `acme/redis` is `bitnami/redis`. Empty for nothing: then `acme/bitnami/redis` is `bitnami/redis`, and at Docker Hub `acme/nginx` is `library/nginx`.":
    "上游仓库中镜像名称的前缀：为 `bitnami` 时，`acme/redis` 对应 `bitnami/redis`。为空表示没有前缀：`acme/bitnami/redis` 对应 `bitnami/redis`，在 Docker Hub 上 `acme/nginx` 对应 `library/nginx`。",
  "Seconds for which a tag is believed before it is asked for there again. What a digest names never is.":
    "版本在多少秒内视为有效，之后再次向上游查询。以摘要指定的内容无需再次查询。",
  "Whether everybody may pull what comes from there; setting it sets it for all images of the organization.":
    "取自上游的内容是否所有人都可下载；设置后对组织中的全部镜像生效。",
  "After how many days without a pull a tag is deleted here; null: never.":
    "版本多少天未被下载后在此删除；null 表示不删除。",
  "When the registry last answered without a failure.": "上游仓库最近一次成功响应的时间。",
  "The registry that an organization stands for.": "组织的上游仓库。",
  "How many pulls are allowed.": "允许的下载次数。",
  "How many are left.": "剩余次数。",
  "Seconds in which `limit` pulls are allowed.": "允许 `limit` 次下载的时间窗口（秒）。",
  "Whose pulls are counted: an address, or an account's id.": "按谁计数：IP 地址或账号 ID。",
  "What the registry last said of how much more may be pulled.": "上游仓库最近返回的剩余下载额度。",
  "The last failure, in the registry's own words where it has said any.": "最近一次失败；上游仓库有说明时为其原文。",
  "Bytes of manifests, which are stored in the database.": "清单的字节数，存储在数据库中。",
  "Uploads under way; one user may have half of them, rounded up.": "进行中的上传数；单个用户最多占一半（向上取整）。",
  "The last number that is allowed; null: any.": "允许的最大值；null 表示不限制。",
  "Whether the limit is the default, or one of its own.": "上限为默认值，还是单独设置的值。",
  "Bytes of blobs, each counted once per organization.": "层的字节数，每个层在每个组织中只计一次。",
  "What is left out stays; `default` takes a limit of its own away.": "未提供的保持不变；`default` 表示恢复默认上限。",
  "What is limited; `organizations` the caller has created.": "受限的资源；`organizations` 为调用者创建的组织。",
  "Each blob once in each organization; of single images, once in each image.":
    "每个层在每个组织中只计一次；单个镜像时，在每个镜像中只计一次。",
  "The last 30 days, oldest first; the last one is still running.": "最近 30 天，从旧到新；最后一天尚未结束。",
  "The tags that were moved last, each once.": "最近更新的版本，每个只列一次。",
  "The newest deliveries; null for a caller who may edit no image, and so see none.":
    "最近的触发记录；调用者没有可编辑的镜像时为 null。",
  "The triggers that fail, each with its last delivery that ended, tests aside. One that was switched off by hand since is left out. Null as above.":
    "失败的触发器及其最近一次结束的触发（不含测试）。之后被手动停用的不列出。null 的含义同上。",
  "Pushes, deletions, changes of images' properties, and organizations that come or go.":
    "推送、删除、镜像属性的修改，以及组织的创建和删除。",
  "Deliveries of triggers that are made.": "执行的触发。",
  "Jobs of synchronization that are made.": "创建的同步任务。",
  "12 hours from now.": "12 小时之后。",
  "What SWR's API calls `user_id`.": "SWR API 中的 `user_id`。",
  "`administrator` manages all organizations and users of the account; `operator` the deployment as well.":
    "`administrator` 管理账号的所有组织和用户；`operator` 还管理整个部署。",
  "When the session ends; null for callers who came with other credentials.":
    "会话的失效时间；使用其他凭证的调用者为 null。",
  "Null when nobody has logged in.": "未登录时为 null。",
  "8 to 128 characters.": "8 到 128 个字符。",
  "Of the registry.": "镜像仓库的地址。",
  "What stands before the `@` in login commands.": "登录指令中 `@` 之前的部分。",
  "Whether public images may be seen and pulled without credentials.": "公开镜像是否无需登录即可查看和下载。",
  "How many organizations a user may create.": "每个用户可创建的组织数量。",
  "Whether a push to an organization that does not exist creates it.": "推送到不存在的组织时是否自动创建。",
  "For how many days audit events are kept.": "审计事件保留的天数。",
  "For how many days a deleted tag can be restored.": "删除的版本在多少天内可以恢复。",
  "How long a token of `GET /token` lives.": "`GET /token` 签发的令牌的有效期。",
  "How many archives one upload from the console may have.": "控制台一次上传最多包含的镜像包数量。",
  "Bytes of one of them, also unpacked.": "单个镜像包的字节数，解压后也不得超过。",
  "What images are sorted into.": "镜像的分类。",
  "How many values of `TOKEN_SECRET` are accepted: 1 when it is not being exchanged.":
    "接受的 `TOKEN_SECRET` 值的数量：未在轮换时为 1。",
  "The same of `ENCRYPTION_KEY`.": "`ENCRYPTION_KEY` 的同样数值。",
  "Secrets that are not under the current `ENCRYPTION_KEY` yet, by what they are of.":
    "尚未使用当前 `ENCRYPTION_KEY` 加密的内容，按所属类型统计。",
  "Those of them that are under a key which the registry has not got.": "其中所用密钥已不在镜像仓库中的数量。",
  "Whether nothing needs an older `ENCRYPTION_KEY` any more.": "是否已不再需要旧的 `ENCRYPTION_KEY`。",
  "How many secrets have been taken over to the current key just now.": "本次用当前密钥重新加密的数量。",
  "How many could not be read, and stay as they are.": "无法读取而保持原样的数量。",
  "Only one that was generated; it is shown this once.": "仅返回自动生成的密码，且只显示这一次。",
  "1 to 64 letters, digits, `.`, `_` and `-`; the first is a letter.":
    "1 到 64 个字母、数字、`.`、`_` 和 `-`；以字母开头。",
  "Its first user. Default: one of the account's name with a generated password.":
    "第一个用户。默认与账号同名，密码自动生成。",
  "How many users it has.": "用户数。",
  "How many organizations; with any, it cannot be deleted.": "组织数；有组织时不能删除账号。",
  "`person` has a password; `robot` is a machine, which logs in with access keys alone and is a `member`.":
    "`person` 使用密码；`robot` 为机器，只能用访问密钥登录，角色为 `member`。",
  "Of a person, and of nobody else.": "仅用于人员。",
  "Operators may name another account than their own.": "运维人员可以指定其他账号。",
  "The access key (AK): 20 of `A-Z` and `0-9`.": "访问密钥 ID（AK）：20 个 `A-Z` 和 `0-9`。",
  "The secret key (SK): 40 letters and digits. It is shown this once.": "私钥（SK）：40 个字母和数字，只显示这一次。",
  "From when on it is refused everywhere, in the future; null or absent: never.":
    "失效时间，须为将来的时间；null 或不提供表示长期有效。",
  "To within a minute; null when it was never used.": "精确到分钟；从未使用时为 null。",
  "From when on it is refused everywhere; null: never.": "失效时间；null 表示长期有效。",
  "What the jobs may do at present.": "任务当前的权限。",
  "What the jobs are called in the audit, in permissions and in the history of tags.":
    "任务在审计、权限和版本历史中的名称。",
  "The name of a claim of the token, of its first level.": "令牌中第一层的声明（claim）名称。",
  "What the claim is, exactly.": "声明的确切值。",
  "What the claim matches: `*` is any characters but `/`, `**` any, `?` one but `/`.":
    "声明匹配的模式：`*` 匹配除 `/` 外的任意字符，`**` 匹配任意字符，`?` 匹配除 `/` 外的一个字符。",
  "Of a claim that is a list, one of its texts has to do.": "声明为列表时，其中之一符合即可。",
  "An organization of the account: all of its images.": "本账号的组织：其全部镜像。",
  "`read` pulls, `edit` also pushes, `manage` also deletes.": "`read` 可下载，`edit` 还可推送，`manage` 还可删除。",
  "An image of the account that exists.": "本账号中已存在的镜像。",
  "Letters, digits, `.`, `_` and `-`; the first is a letter.": "字母、数字、`.`、`_` 和 `-`；以字母开头。",
  "What the tokens have as `iss`, character by character. It is asked for its keys.":
    "令牌的 `iss`，须逐字符一致。从该地址获取公钥。",
  "What the tokens have as `aud`, or among it; absent: the registry's own host.":
    "令牌的 `aud`（或其中之一）；不提供时为镜像仓库的主机名。",
  "All of them have to hold. Of an issuer that signs for everybody, one has to say whose jobs these are.":
    "须全部满足。签发方面向所有人时，其中一个条件须指明任务属于谁。",
  "What the jobs may do.": "任务的权限。",
  "Seconds that a login lasts which a job's token was exchanged for.": "用任务令牌换取的登录的有效期（秒）。",
  "What to type: `docker login -u … -p … <registry>`.": "要执行的指令：`docker login -u … -p … <镜像仓库>`。",
  "`<project>@<temporary access key>`.": "`<项目>@<临时访问密钥>`。",
  "What it is ended by; of no use for anything else.": "用于结束该登录，没有其他用途。",
  "How it is used: by a browser's cookie, by `X-Auth-Token`, or by a refresh token, as `docker login` keeps one.":
    "登录方式：浏览器 Cookie、`X-Auth-Token`，或刷新令牌（`docker login` 保存的令牌）。",
  "What the client called itself at the login: its `User-Agent`, or OAuth2's `client_id`.":
    "登录时客户端的名称：`User-Agent` 或 OAuth2 的 `client_id`。",
  "The client's IP address at the login.": "登录时客户端的 IP 地址。",
  "The client's IP address at the last use.": "最近一次使用时客户端的 IP 地址。",
  "To within five minutes; null when it was only made.": "精确到五分钟；创建后未使用过时为 null。",
  "When it ends; the end of a refresh token is put off by its use.": "失效时间；使用刷新令牌会延长其有效期。",
  "Whether this request came with it.": "此请求是否使用该登录。",
  "How many have ended.": "已结束的数量。",
  "A refusal: what is wrong, and why.": "错误：什么有误，以及原因。",
  "A refusal as SWR words it.": "SWR 格式的错误。",
  "A refusal as IAM words it.": "IAM 格式的错误。",
  "A refusal as CCE words it.": "CCE 格式的错误。",
  "Name and password of a user.": "用户名和密码。",
  "A token of `GET /token`, asked for without a scope. It lives for five minutes.":
    "通过 `GET /token`（不带 scope）获取的令牌，有效期五分钟。",
  "The cookie of a browser that has logged in. On one's own machine, without TLS, it is called `berth_session`.":
    "已登录浏览器的 Cookie。在本机且没有 TLS 时名称为 `berth_session`。",
  "A token of `POST /v3/auth/tokens`, which comes in its answer's `X-Subject-Token`.":
    "通过 `POST /v3/auth/tokens` 获取的令牌，在响应头 `X-Subject-Token` 中。",
  "`SDK-HMAC-SHA256 Access=…, SignedHeaders=…, Signature=…`, made with an access key as Huawei's SDKs do, and `X-Sdk-Date`. A signature is good for 15 minutes and, if it changes something, for one request.":
    "`SDK-HMAC-SHA256 Access=…, SignedHeaders=…, Signature=…` 以及 `X-Sdk-Date`，由华为云 SDK 使用访问密钥生成。签名 15 分钟内有效；修改内容的签名只能使用一次。",
  "Signing in and out, and the current user.": "登录、退出和当前用户。",
  "Tenants, each with users and organizations of its own.": "租户，各自拥有用户和组织。",
  "Users of an account.": "账号中的用户。",
  "Browsers, tokens and container tools that are logged in, to be looked at and ended.":
    "已登录的浏览器、令牌和容器工具，可以查看和结束。",
  "Pairs of a key and a secret, for signed requests and permanent login commands.":
    "成对的密钥，用于签名请求和长期登录指令。",
  "Whose jobs log in with tokens of their own.": "任务可以使用自身令牌登录的签发方。",
  "What `docker login` is given.": "供 `docker login` 使用的凭证。",
  "Organizations, which hold images.": "组织，用于存放镜像。",
  "Who may do what with all images of an organization.": "用户对组织中全部镜像的权限。",
  "Images, their properties and what is in them.": "镜像及其属性和内容。",
  "Who may do what with one image.": "用户对单个镜像的权限。",
  "Tags of an image.": "镜像版本。",
  "Private images that other accounts may pull.": "其他账号可以下载的私有镜像。",
  "Rules that keep tags where they are.": "防止版本被覆盖或删除的规则。",
  "Rules by which old tags are deleted, and restoring them.": "清理旧版本的规则，以及恢复版本。",
  "What accounts and organizations have of what all share, and may have.": "账号和组织对共享资源的用量和上限。",
  "Registries elsewhere, which images are synchronized to and fetched from.": "用于同步和拉取缓存的其他镜像仓库。",
  "Organizations that stand for a registry elsewhere, from which their images come.": "以其他镜像仓库为上游的组织。",
  "Removing what nothing needs any more, and what is stored.": "清理不再需要的数据，以及存储情况。",
  "Exchanging the secrets that the deployment keeps others under.": "轮换部署用于加密其他密钥的密钥。",
  "What a push of a tag sets off, and what became of it.": "推送版本时触发的操作及其结果。",
  "Kubernetes clusters whose workloads triggers update.": "触发器可以更新工作负载的 Kubernetes 集群。",
  "Which tags are copied to remote registries, and what became of it.": "同步到远端仓库的版本及其结果。",
  "Who did what, when and from where.": "谁在何时何地做了什么。",
  "Quotas and numbers of an account.": "账号的配额和统计。",
  "Which versions of the API there are.": "API 的版本。",
  "Tokens, projects, domains and users.": "令牌、项目、账号和用户。",
  "What Harbor's adapter for SWR asks for, to copy images from here and to here.":
    "Harbor 的 SWR 适配器复制镜像时使用的接口。",
  "Its version: `keepsUntagged`, in quotes.": "版本：带引号的 `keepsUntagged`。",
  "Delete images": "批量删除镜像",
  "1 to 25 of them, of any organizations, each by itself: what keeps one keeps none of the others. The same request may be sent again when its answer was lost. Takes the right to manage each image.":
    "一次 1 到 25 个，可属于不同组织，逐个处理：其中一个无法删除不影响其他镜像。未收到响应时可重新发送同一请求。需要每个镜像的管理权限。",
  "Make images public or private": "批量设置镜像类型",
  "1 to 25 of them, of any organizations, each by itself: what keeps one keeps none of the others. The same request may be sent again when its answer was lost. Takes the right to edit each image.":
    "一次 1 到 25 个，可属于不同组织，逐个处理：其中一个无法修改不影响其他镜像。未收到响应时可重新发送同一请求。需要每个镜像的编辑权限。",
  "Its version: `level`, in quotes.": "版本：带引号的 `level`。",
  "List the workloads of a cluster that run an image": "查询集群中使用镜像的工作负载",
  "What a trigger of the image can update: at most 200. The cluster is asked now, within 10 seconds, with its token's rights. Where that may list no workload of all namespaces, name one. Takes the right to edit the image.":
    "镜像的触发器可以更新的工作负载，最多 200 个。请求时向集群查询，限时 10 秒，权限以集群令牌为准。令牌不能查询全部命名空间时，请指定命名空间。需要镜像的编辑权限。",
  "The only namespace to look at; absent: all that the cluster is for.":
    "只查询该命名空间；不填则查询集群允许的全部命名空间。",
  "Also when the cluster gives no answer: `detail` says so.": "集群没有应答时也返回此状态，由 `detail` 说明。",
  "Its version: the limits of its own, `default` where it has none and `unlimited` for null, in the order above, between full stops, in quotes.":
    "版本：按上述顺序排列的自有上限，以英文句点分隔并加引号；没有自有上限的为 `default`，null 为 `unlimited`。",
  "Its version: the limits of organizations and then those of accounts, `unlimited` for null, in the order above, between full stops, in quotes.":
    "版本：先组织后账号的上限，按上述顺序以英文句点分隔并加引号；null 为 `unlimited`。",
  "Its version: `role`, in quotes.": "版本：带引号的 `role`。",
  "The request's id in the registry's log, as `X-Request-Id` has it.":
    "请求在镜像仓库日志中的 ID，与 `X-Request-Id` 相同。",
  "How many of its tags did not arrive at a target, as `GET /api/activity` has them; null likewise.":
    "未能同步到目标的镜像版本数，与 `GET /api/activity` 一致；为 null 的条件也相同。",
  "Other tags that point to the same digest: at most 5, those made first before others.":
    "指向同一摘要的其他镜像版本：最多 5 个，先创建的在前。",
  "Whether there are more of them.": "是否还有更多。",
  "`immutable`: a rule keeps some of its tags. `unknown`: there is no such image, or none that the caller may know of. `denied`: the caller's right does not reach that far. `postponed`: this request has not come to it; send it again.":
    "`immutable`：不可变规则保留了其中的镜像版本。`unknown`：镜像不存在，或调用者无权知晓。`denied`：调用者权限不足。`postponed`：本次请求未处理到，请重新发送。",
  "The first of the tags that a rule keeps.": "被规则保留的第一个镜像版本。",
  "`unchanged`: it was so already. `unknown`: there is no such image, or none that the caller may know of. `denied`: the caller's right does not reach that far. `postponed`: this request has not come to it; send it again.":
    "`unchanged`：原本就是如此。`unknown`：镜像不存在，或调用者无权知晓。`denied`：调用者权限不足。`postponed`：本次请求未处理到，请重新发送。",
  "Whether everybody may pull them.": "是否所有人都可以下载。",
  "By namespace and name.": "按命名空间和名称排序。",
  "Why there may be more; null when these are all.": "可能还有更多的原因；为 null 表示已是全部。",
  "Those of its containers that run the image.": "使用该镜像的容器。",
  "The tags that did not arrive at a remote registry, each with the job that failed, unless a later one of the same tag and target has been made. Of the account's newest 1,000 jobs. Null as above.":
    "未能同步到远端仓库的镜像版本及其失败的任务；同一镜像版本和目标有更新的任务时除外。取自账号最近的 1,000 个任务。为 null 的条件同上。",
  "Of the job.": "任务的时间。",
  "Where it goes there; empty for a target without one.": "目标仓库中的组织；目标没有组织时为空。",
};
